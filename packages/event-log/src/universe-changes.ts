import { checkOf, UNIVERSE_CHANGES_KEY, UniverseChange } from '@tickstock/contracts'
import type { StreamEntry } from './arrange.ts'
import type { Logger } from './logger.ts'
import { Outage } from './outage.ts'
import { PersistentReading } from './persistent-reading.ts'
import type { ReadConnection } from './read-connection.ts'
import type { RedisClient } from './redis-client.ts'

/** What the reader tells. */
export type UniverseSignal =
  | { readonly kind: 'changes'; readonly changes: readonly UniverseChange[] }
  /** Changes may have been missed: whatever is known of users' watchlists and filters is to be read again. */
  | { readonly kind: 'gap' }

export interface UniverseChangesOptions {
  /** Makes a connection without a command time-out; called again for each replacement. The reader owns what it returns. */
  readonly connect: () => RedisClient
  readonly logger: Logger
  /** How long one read waits for changes, ms. Default: 1,000. */
  readonly blockMs?: number
  /** How long an answer may take beyond that before the connection is given up, ms. Default: 2,000. */
  readonly watchdogMs?: number
}

/** Changes a read gives at most. */
const BATCH = 512

const change = checkOf(UniverseChange)

/**
 * Follows the edits of watchlists and saved filters, from its start on.
 *
 * Its first signal is a gap, and so is the first of each new connection: by then the stream may have been trimmed, lost, or be
 * another Redis's that never had its end. A caller who forgets what he knows at each gap, and what changed at each change, is
 * never wrong for longer than the stream is behind. A change may come twice.
 */
export class UniverseChanges {
  readonly #logger: Logger
  readonly #blockMs: number
  readonly #reading: PersistentReading

  constructor({ connect, logger, blockMs = 1_000, watchdogMs }: UniverseChangesOptions) {
    this.#logger = logger
    this.#blockMs = blockMs
    this.#reading = new PersistentReading({
      connect,
      logger,
      watchdogMs,
      outage: new Outage(logger, 'following the changes of the universe')
    })
  }

  /** When a read last succeeded, ms by this process' clock: what is known is as old as that. */
  get lastReadAt(): number | undefined {
    return this.#reading.lastReadAt
  }

  /** Survives lost connections; ends when aborted. Never throws. */
  signals(abort: AbortSignal): AsyncGenerator<UniverseSignal, void> {
    return this.#reading.signals(connection => this.#follow(connection), abort)
  }

  async *#follow(connection: ReadConnection): AsyncGenerator<UniverseSignal, never> {
    const newest = await connection.run(redis => redis.xrevrange(UNIVERSE_CHANGES_KEY, '+', '-', 'COUNT', 1))
    let after = newest[0]?.[0] ?? '0-0'
    this.#reading.succeeded()
    yield { kind: 'gap' }

    for (;;) {
      const cursor = after
      const reply = await connection.run(
        redis => redis.xread('COUNT', BATCH, 'BLOCK', this.#blockMs, 'STREAMS', UNIVERSE_CHANGES_KEY, cursor),
        this.#blockMs
      )
      this.#reading.succeeded()
      const entries = reply?.[0]?.[1] ?? []
      const changes = entries.map(entry => this.#understood(entry)).filter(change => change !== undefined)
      after = entries.at(-1)?.[0] ?? after
      if (changes.length < entries.length) yield { kind: 'gap' }
      if (changes.length > 0) yield { kind: 'changes', changes }
    }
  }

  #understood([id, fields]: StreamEntry): UniverseChange | undefined {
    const [name, text = ''] = fields
    const value = name === 'change' ? change.read(text) : undefined
    if (value === undefined) this.#logger.error({ id }, 'a change of the universe is not understood')
    return value
  }
}
