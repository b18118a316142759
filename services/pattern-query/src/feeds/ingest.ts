import {
  CHANNELS,
  type Channel,
  type EncodedEvent,
  encodeEvent,
  type PatternEvent,
  type PerChannel,
  perChannel
} from '@tickstock/contracts'
import { APPENDED_AT_ONCE, type AppendResult, type LogWriter } from '@tickstock/event-log'
import type { Logger } from '@tickstock/service-kit'
import { AHEAD, normalise } from '../domain/normalise/normalise.ts'
import { UnreadableEventError } from '../domain/normalise/unreadable.ts'
import type { IngestFigures } from '../domain/reports/ingest-figures.ts'
import type { Instruments } from '../instruments.ts'
import { type DeadLetter, type DeadLetters, letterOf } from '../stores/dead-letters.ts'
import type { EventsOnTheirWay } from './events-on-their-way.ts'
import { IngestCounts } from './ingest-counts.ts'
import { SendQueue } from './send-queue.ts'

export interface IngestOptions {
  readonly writers: PerChannel<Pick<LogWriter, 'appendAll'>>
  readonly deadLetters: Pick<DeadLetters, 'add'>
  /** Told of what is appended. */
  readonly onTheirWay: Pick<EventsOnTheirWay, 'add' | 'drop'>
  /** How long a pattern lives that does not say it, ms. */
  readonly patternTtlMs: number
  /** Events of pub/sub that may wait, per channel, while Redis is away. */
  readonly queueLimit: number
  readonly logger: Logger
  readonly instruments: Instruments
}

/** A payload, and how it came. */
export interface Arrival {
  readonly payload: Buffer
  /** For the dead letter: the pub/sub channel, or the inbox's entry. */
  readonly origin: string
  /** The channel that the way in names. */
  readonly channel: Channel | undefined
}

interface Append {
  readonly event: PatternEvent
  /** undefined for events of our own. */
  readonly arrival: Arrival | undefined
}

type Understood = { readonly append: Append } | { readonly letter: DeadLetter }

/** Dead letters that may wait: each may have 64 KiB. */
const LETTER_LIMIT = 1_000

/** One line in so many milliseconds says that events are being lost. */
const COMPLAIN_EVERY = 5_000

/**
 * Payloads in, events of the log out: understood, once each, in order of arrival.
 *
 * Two replicas that hear the same channel append the same events, and the log stays in order: each replica offers an event only after the one
 * before it, and offered means appended or known already. So whoever brings an event first, the one before it stands in the log.
 */
export class Ingest {
  readonly #options: IngestOptions
  readonly #appends: PerChannel<SendQueue<Append, AppendResult>>
  readonly #letters: SendQueue<DeadLetter, void>
  readonly #counts: IngestCounts
  #complainedAt = Number.NEGATIVE_INFINITY

  constructor(options: IngestOptions) {
    this.#options = options
    const { deadLetters, queueLimit, logger, instruments } = options
    const counts = new IngestCounts(instruments)
    this.#counts = counts
    this.#letters = new SendQueue({
      name: 'dead letters',
      logger,
      limit: LETTER_LIMIT,
      atOnce: 1,
      send: letters => Promise.all(letters.map(letter => deadLetters.add(letter))),
      sent: kept => {
        for (const { item } of kept) counts.countDeadLetter(item.reason)
      },
      refused: async ({ origin, reason }, error) =>
        logger.error({ err: error, origin, reason }, 'a dead letter could not be kept')
    })
    this.#appends = perChannel(
      channel =>
        new SendQueue<Append, AppendResult>({
          name: channel,
          logger,
          limit: queueLimit,
          atOnce: APPENDED_AT_ONCE,
          send: appends =>
            this.#send(
              channel,
              appends.map(({ event }) => encodeEvent(event))
            ),
          sent: outcomes => {
            const appended = outcomes.filter(({ result }) => result.result === 'appended').length
            counts.countAppended(channel, appended, outcomes.length - appended)
          },
          refused: ({ event, arrival }, error) =>
            this.#letters.push(
              letterOf({
                reason: 'append_refused',
                detail: error instanceof Error ? error.message : String(error),
                origin: arrival?.origin ?? 'expiry',
                channel,
                payload: arrival?.payload ?? Buffer.from(JSON.stringify(event))
              })
            )
        })
    )
  }

  /** Events that wait to be appended. */
  get queued(): number {
    return CHANNELS.reduce((sum, channel) => sum + this.#appends[channel].length, 0)
  }

  get figures(): IngestFigures {
    const { received, appended, duplicates, deadLetters, lost, perSecond } = this.#counts
    return { received, appended, duplicates, deadLetters, lost, perSecond, queued: this.queued }
  }

  /** From a source that cannot be asked again. What finds no room is lost: counted and logged. */
  take(arrival: Arrival): void {
    this.#counts.countReceived('pubsub', 1)
    const understood = this.#understand(arrival)
    if ('append' in understood) {
      const { channel } = understood.append.event.pattern
      if (!this.#appends[channel].offer(understood.append)) this.#overflow(channel)
    } else if (!this.#letters.offer(understood.letter)) this.#overflow('dead letters')
  }

  /** From a source that waits. Resolves once all stand in the log, or among the dead letters. */
  async deliver(arrivals: readonly Arrival[]): Promise<void> {
    this.#counts.countReceived('inbox', arrivals.length)
    const letters: DeadLetter[] = []
    const appends = perChannel((): Append[] => [])
    for (const arrival of arrivals) {
      const understood = this.#understand(arrival)
      if ('letter' in understood) letters.push(understood.letter)
      else appends[understood.append.event.pattern.channel].push(understood.append)
    }
    await Promise.all([
      this.#letters.push(...letters),
      ...CHANNELS.map(channel => this.#appends[channel].push(...appends[channel]))
    ])
  }

  /** An event of our own. Resolves once it stands in the log. */
  append(event: PatternEvent): Promise<void> {
    return this.#appends[event.pattern.channel].push({ event, arrival: undefined })
  }

  /** What was lost before it could be taken: counted and logged. */
  lose(queue: string, count: number): void {
    this.#counts.countLost(queue, count)
    this.#options.logger.error({ queue, count }, 'events were lost before they could be read')
  }

  /** Resolves when everything that was taken is in Redis. */
  async drained(): Promise<void> {
    await Promise.all(CHANNELS.map(channel => this.#appends[channel].drained()))
    await this.#letters.drained()
  }

  /** Gives up what could not be sent; says so. */
  stop(): void {
    const lost = this.#letters.stop() + CHANNELS.reduce((sum, channel) => sum + this.#appends[channel].stop(), 0)
    if (lost > 0) this.#options.logger.error({ lost }, 'stopped with events that are not in the log')
  }

  async #send(channel: Channel, events: readonly EncodedEvent[]): Promise<readonly AppendResult[]> {
    const { writers, onTheirWay } = this.#options
    onTheirWay.add(events)
    const results = await writers[channel].appendAll(events)
    for (const [at, { result }] of results.entries()) {
      const event = events[at]
      if (event && result === 'duplicate') onTheirWay.drop(event)
    }
    return results
  }

  #understand(arrival: Arrival): Understood {
    const { payload, origin, channel } = arrival
    try {
      const { patternTtlMs } = this.#options
      const event = normalise(payload, { channel, patternTtlMs, latest: Date.now() + AHEAD })
      return { append: { event, arrival } }
    } catch (error) {
      if (!(error instanceof UnreadableEventError)) throw error
      const { reason, message: detail } = error
      this.#options.logger.debug({ origin, reason, detail }, 'not understood')
      return { letter: letterOf({ reason, detail, origin, channel, payload }) }
    }
  }

  #overflow(queue: string) {
    this.#counts.countLost(queue, 1)
    const now = performance.now()
    if (now - this.#complainedAt < COMPLAIN_EVERY) return
    this.#complainedAt = now
    this.#options.logger.error({ queue }, 'no room: events of pub/sub are being lost')
  }
}
