import type { Channel } from '@tickstock/contracts'
import { type Logger, type LogRetention, Outage, pause, type Retained } from '@tickstock/event-log'

export interface RetentionFeedOptions {
  readonly channel: Channel
  readonly retention: Pick<LogRetention, 'apply'>
  readonly logger: Logger
  /** Between one look and the next, ms. Default: 5 s. */
  readonly everyMs?: number
}

/**
 * Keeps one log within its age and length, again and again, on every replica: a look at a log of which nothing may go costs Redis some 50 µs.
 * Nothing waits for it; while Redis is away it looks again as often.
 */
export class RetentionFeed {
  readonly #options: RetentionFeedOptions
  readonly #everyMs: number
  readonly #outage: Outage
  #retained: Retained | undefined

  constructor(options: RetentionFeedOptions) {
    this.#options = options
    this.#everyMs = options.everyMs ?? 5_000
    this.#outage = new Outage(options.logger, 'cutting the log', { channel: options.channel })
  }

  /** What the log held at the last look that succeeded. */
  get retained(): Retained | undefined {
    return this.#retained
  }

  /** Ends when aborted, with the step that is under way. Never throws. */
  async run(abort: AbortSignal): Promise<void> {
    // The first look comes at any time of the turn, and each turn has another length: replicas that were started together do not stay together.
    await pause(this.#everyMs * Math.random(), abort)
    while (!abort.aborted) {
      await this.#look(abort)
      await pause(this.#everyMs * (0.9 + Math.random() / 5), abort)
    }
  }

  async #look(abort: AbortSignal): Promise<void> {
    try {
      const retained = await this.#options.retention.apply(abort)
      this.#outage.over()
      this.#tell(retained)
      this.#retained = retained
    } catch (error) {
      if (!abort.aborted) this.#outage.failed(error)
    }
  }

  #tell({ cutUnread, length }: Retained): void {
    const entries = cutUnread - (this.#retained?.cutUnread ?? cutUnread)
    if (entries <= 0) return
    const { logger, channel } = this.#options
    logger.error({ channel, entries, length }, 'the log was full: entries were cut that a gateway had not read')
  }
}
