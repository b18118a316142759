import { type Channel, isChannel } from '@tickstock/contracts'
import { backOff, Outage } from '@tickstock/event-log'
import type { Logger } from '@tickstock/service-kit'
import { INBOX_COUNT, type Inbox, type InboxRead } from '../stores/inbox.ts'
import type { Arrival } from './ingest.ts'

export interface InboxFeedOptions {
  readonly inbox: Inbox
  readonly deliver: (arrivals: readonly Arrival[]) => Promise<void>
  /** So many entries were deleted by somebody before they could be read. */
  readonly lost: (count: number) => void
  readonly logger: Logger
  /** How long one read waits, ms. */
  readonly blockMs: number
  /** Between looks for what replicas that are gone have left, ms. Default: 10,000. */
  readonly claimEveryMs?: number
}

const CLAIM_EVERY = 10_000

/**
 * Brings the inbox into the log: an entry is done with once its event stands there, so a crash at any point repeats it, and the log leaves the
 * repetition out. One replica keeps the order of its entries; entries that several replicas share may pass each other.
 */
export class InboxFeed {
  readonly #options: InboxFeedOptions
  readonly #outage: Outage
  #claimedAt = Number.NEGATIVE_INFINITY
  #failures = 0

  constructor(options: InboxFeedOptions) {
    this.#options = options
    this.#outage = new Outage(options.logger, 'reading the inbox')
  }

  /** Runs until aborted. Never throws. */
  async run(abort: AbortSignal): Promise<void> {
    while (!abort.aborted) {
      try {
        await this.#options.inbox.join()
        await this.#finishOwn(abort)
        while (!abort.aborted) await this.#next(abort)
      } catch (error) {
        if (abort.aborted) return
        this.#failures++
        this.#outage.failed(error)
        await backOff(this.#failures, abort)
      }
    }
  }

  async #finishOwn(abort: AbortSignal) {
    const { inbox } = this.#options
    for (let own = await inbox.readOwn(); !isEmpty(own) && !abort.aborted; own = await inbox.readOwn()) {
      await this.#deliver(own)
    }
  }

  async #next(abort: AbortSignal) {
    const { inbox, blockMs, claimEveryMs = CLAIM_EVERY } = this.#options
    if (performance.now() - this.#claimedAt > claimEveryMs) {
      await this.#deliver(await inbox.claimAbandoned())
      await inbox.reapConsumers()
      this.#claimedAt = performance.now()
    }
    let read = await inbox.readNew(blockMs)
    this.#failures = 0
    this.#outage.over()
    // In a burst the next entries are on their way while these are appended. Not otherwise: a read that waits would hold up what they are done with.
    while (read.entries.length === INBOX_COUNT && !abort.aborted) {
      const [following] = await Promise.all([inbox.readReady(), this.#deliver(read)])
      read = following
    }
    await this.#deliver(read)
  }

  async #deliver(read: InboxRead) {
    const { inbox, deliver, lost } = this.#options
    if (read.deleted.length > 0) lost(read.deleted.length)
    await deliver(
      read.entries.map(({ id, payload, channel }) => ({
        payload,
        origin: `inbox ${id}`,
        channel: channelNamed(channel)
      }))
    )
    await inbox.done(read)
  }
}

const isEmpty = ({ entries, deleted }: InboxRead): boolean => entries.length + deleted.length === 0

/** What is not a channel is no hint: the event's own words decide. */
function channelNamed(text: string | undefined): Channel | undefined {
  const name = text?.trim().toLowerCase()
  return name !== undefined && isChannel(name) ? name : undefined
}
