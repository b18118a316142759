import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { startRedis, tokenFor } from '@tickstock/test-kit'
import autocannon from 'autocannon'

/**
 * What the kit costs on a trivial route, against bare Fastify, in one run: each server its own process, rounds in turn,
 * best round of each (the rest is what the machine was doing besides).
 */
const ROUNDS = 4
const SECONDS = 3
const KINDS = ['bare', 'kit', 'identity', 'recorded'] as const

class Contender {
  readonly kind: string
  readonly #child: ChildProcessByStdio<null, Readable, null>
  rate = 0
  p99 = 0
  /** CPU time of the server, µs a request: what the load generator on the same machine does not blur. */
  cpu = Number.POSITIVE_INFINITY

  constructor(kind: string, redisUrl: string) {
    this.kind = kind
    const entry = fileURLToPath(new URL('server.ts', import.meta.url))
    this.#child = spawn(process.execPath, [...process.execArgv, entry, kind, redisUrl], {
      stdio: ['ignore', 'pipe', 'inherit']
    })
  }

  async address(): Promise<string> {
    const [line] = await once(this.#child.stdout, 'data')
    return String(line).trim()
  }

  async round(url: string, headers: Record<string, string>): Promise<void> {
    const before = await this.#cpuTicks()
    const { requests, latency } = await autocannon({ url, duration: SECONDS, connections: 50, headers })
    this.cpu = Math.min(this.cpu, (((await this.#cpuTicks()) - before) * 10_000) / requests.total)
    if (requests.average > this.rate) Object.assign(this, { rate: requests.average, p99: latency.p99 })
  }

  stop(): void {
    this.#child.kill()
  }

  /** Hundredths of a second, user and system. */
  async #cpuTicks(): Promise<number> {
    const stat = await readFile(`/proc/${this.#child.pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return Number(fields[11]) + Number(fields[12])
  }
}

const token = await tokenFor('alice', 'a secret for a bench, 32 characters')
const ends: (() => unknown)[] = []
const redis = await startRedis({ teardown: end => ends.unshift(end) })
const contenders = KINDS.map(kind => new Contender(kind, redis.url))
const addresses = await Promise.all(contenders.map(contender => contender.address()))

for (let round = 0; round < ROUNDS; round += 1) {
  for (const [index, contender] of contenders.entries()) {
    const headers = contender.kind === 'identity' ? { authorization: `Bearer ${token}` } : {}
    await contender.round(addresses[index] ?? '', headers)
  }
}

const [bare] = contenders
for (const contender of contenders) {
  const { kind, rate, p99, cpu } = contender
  const share = Math.round((100 * rate) / (bare?.rate ?? rate))
  console.log(
    `${kind.padEnd(10)} ${rate.toFixed(0).padStart(7)} req/s  ${share} %  p99 ${p99} ms  ${cpu.toFixed(1)} µs CPU`
  )
  contender.stop()
}
for (const end of ends) await end()
