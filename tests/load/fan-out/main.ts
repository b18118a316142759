import { availableParallelism, cpus } from 'node:os'
import type { Contender } from './contender.ts'
import { CONTENDERS } from './contenders/all.ts'
import type { Measured } from './measure.ts'
import { memoryReport } from './memory.ts'
import { type FanOutOptions, HELP, optionsOf, UsageError } from './options.ts'
import { reportOf, saturationReport } from './report.ts'
import { inTurn, saturated } from './rounds.ts'

const BOUND = CONTENDERS.joined.name
const PEER = CONTENDERS['socket.io'].name

const say = (text: string) => process.stdout.write(`${text}\n`)

/** What is under way, where somebody watches. */
function taken({ contender, clients, rate, delivered, p99 }: Measured): void {
  if (process.stderr.isTTY)
    process.stderr.write(`  ${contender}: ${clients} × ${rate}/s: ${Math.round(delivered)} msg/s, p99 ${p99} ms\n`)
}

async function crowds(options: FanOutOptions, contenders: readonly Contender[]): Promise<void> {
  for (const clients of options.clients) {
    const { rates, seconds, rounds } = options
    const measured = await inTurn({ contenders, clients, rates, seconds, rounds, taken })
    say(`${reportOf(measured, BOUND)}\n`)
  }
}

async function benchmark(options: FanOutOptions): Promise<void> {
  const contenders = options.only.map(name => CONTENDERS[name])
  const { rates, seconds, rounds } = options
  await crowds(options, contenders)
  if (options.distinct > 0) {
    const own = { contenders: [CONTENDERS.distinct], clients: options.distinct, rates, seconds, rounds, taken }
    say(`${reportOf(await inTurn(own), BOUND)}\n`)
  }
  if (options.sockets > 0) {
    const many = { contenders: [CONTENDERS.ours], clients: options.sockets, rates: [10], seconds, rounds, taken }
    say(`${reportOf(await inTurn(many), BOUND)}\n`)
  }
  if (options.saturate > 0) {
    const most = []
    for (const contender of contenders) most.push(await saturated(contender, options.saturate, seconds, taken))
    say(`Raised until it saturates\n\n${saturationReport(most, BOUND, PEER)}\n`)
  }
  if (options.memory > 0) say(await memoryReport({ idle: options.memory, stalled: options.memory / 5, seconds: 30 }))
}

try {
  const options = optionsOf(process.argv.slice(2))
  if (options === undefined) say(HELP)
  else {
    say(
      `Node ${process.versions.node}, ${availableParallelism()} × ${cpus()[0]?.model ?? 'processor'}, load generator on the same machine\n`
    )
    await benchmark(options)
  }
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  process.stderr.write(`${error.message}\nSee npm run bench:fanout -- --help\n`)
  process.exitCode = 2
}
