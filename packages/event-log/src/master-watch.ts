import { Redis } from 'ioredis'
import { backoff } from './connection-backoff.ts'
import { connectorTo } from './node-connector.ts'
import type { RedisAddress } from './redis-address.ts'

export type SentinelAddress = Extract<RedisAddress, { kind: 'sentinel' }>

/** Between two questions, ms: for as long what is written to a former master is lost. */
const ASK_EVERY = 500

/** Questions without an answer after which that is told: fewer are a Sentinel that is replaced by another. */
const TOLD_AFTER = 6

/** How long a Sentinel may take to answer before another is asked, ms. */
const SENTINEL_TIMEOUT = 1_000

/** What a watch has to tell. */
export interface MasterWatcher {
  /** The master is another. */
  moved(): void
  /** No Sentinel has said for long who it is: told with each question. */
  failed(error: Error): void
  answered(): void
}

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
  readonly #watcher: MasterWatcher
  #known: string | undefined
  #failures = 0

  constructor({ hosts, tls, master, sentinelCredentials }: SentinelAddress, watcher: MasterWatcher) {
    const { username, password } = sentinelCredentials
    this.#name = master
    this.#watcher = watcher
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
    // Whoever asks meets the same errors.
    this.#sentinel.on('error', () => undefined)
    // At once: who connects meanwhile may yet be led to a former master.
    void this.#ask()
    this.#asking = setInterval(() => void this.#ask(), ASK_EVERY)
  }

  close(): void {
    clearInterval(this.#asking)
    this.#sentinel.disconnect()
  }

  async #ask() {
    const answer: unknown = await this.#sentinel
      .call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', this.#name)
      .catch((error: unknown) => error)
    if (!Array.isArray(answer)) return this.#failed(answer)
    this.#failures = 0
    this.#watcher.answered()
    const master = answer.join(':')
    const isAnother = this.#known !== undefined && this.#known !== master
    this.#known = master
    if (isAnother) this.#watcher.moved()
  }

  #failed(answer: unknown) {
    if (++this.#failures >= TOLD_AFTER) {
      const reason = answer instanceof Error ? answer.message : 'it is not known'
      this.#watcher.failed(new Error(`no Sentinel says where ${this.#name} is: ${reason}`))
    }
    // One that refuses, or knows of nothing, is left for the next.
    if (this.#sentinel.status === 'ready') this.#sentinel.disconnect(true)
  }
}
