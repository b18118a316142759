import { Redis } from 'ioredis'
import { backoff } from './connection-backoff.ts'
import { connectorTo } from './node-connector.ts'
import type { RedisAddress } from './redis-address.ts'

export type SentinelAddress = Extract<RedisAddress, { kind: 'sentinel' }>

/** Between two questions, ms: for as long what is written to a former master is lost. */
const ASK_EVERY = 500

/** How long a Sentinel may take to answer before another is asked, ms. */
const SENTINEL_TIMEOUT = 1_000

/**
 * Asks a Sentinel, for ever, who the master is, and tells when it is another.
 *
 * A former master that is alive is told only ten seconds after a failover that it is one no more, and takes writes until then. ioredis' own detector
 * waits for a message, which it misses if it comes while no Sentinel is connected, and prints its errors to the console.
 */
export class MasterWatch {
  readonly #sentinel: Redis
  readonly #asking: NodeJS.Timeout
  readonly #name: string
  readonly #moved: () => void
  #known: string | undefined

  constructor({ hosts, tls, master, sentinelCredentials }: SentinelAddress, moved: () => void) {
    const { username, password } = sentinelCredentials
    this.#name = master
    this.#moved = moved
    this.#sentinel = new Redis({
      Connector: connectorTo(hosts, tls),
      connectTimeout: SENTINEL_TIMEOUT,
      commandTimeout: SENTINEL_TIMEOUT,
      socketTimeout: SENTINEL_TIMEOUT,
      maxRetriesPerRequest: 0,
      autoResendUnfulfilledCommands: false,
      enableReadyCheck: false,
      retryStrategy: backoff,
      ...(tls && { tls: {} }),
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password })
    })
    // Whoever looks for the master meets the same errors, and tells them.
    this.#sentinel.on('error', () => undefined)
    this.#asking = setInterval(() => void this.#ask(), ASK_EVERY)
  }

  close(): void {
    clearInterval(this.#asking)
    this.#sentinel.disconnect()
  }

  async #ask() {
    const answer: unknown = await this.#sentinel
      .call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', this.#name)
      .catch(() => undefined)
    if (!Array.isArray(answer)) return
    const master = answer.join(':')
    const isAnother = this.#known !== undefined && this.#known !== master
    this.#known = master
    if (isAnother) this.#moved()
  }
}
