import type {
  ClientMessage,
  EventFilter,
  EventMessage,
  PatternEvent,
  Position,
  ServerMessage,
  Subscribe
} from '@tickstock/contracts'

export const HEARTBEAT_MS = 1000

export const detected = (symbol: string, offset: number): PatternEvent => ({
  id: `${symbol}-${offset}`,
  kind: 'pattern_expired',
  published_at: offset,
  pattern: {
    id: `${symbol}:Doji:daily:${offset}`,
    symbol,
    pattern: 'Doji',
    channel: 'daily',
    timeframe: 'daily',
    detected_at: offset
  }
})

const passes = (filter: EventFilter | undefined, symbol: string): boolean => filter?.symbols?.includes(symbol) ?? true

/** A log of one channel with all that it ever held, so that what an application saw can be held against it. */
export class ModelLog {
  readonly #lives: string[][] = [[]]
  /** Oldest offset that can be read. */
  first = 1

  get epoch(): string {
    return `e${this.#lives.length}`
  }

  get top(): number {
    return this.#lives.at(-1)?.length ?? 0
  }

  append(symbol: string): void {
    this.#lives.at(-1)?.push(symbol)
  }

  /** Retention cuts all but the newest. */
  trim(keep: number): void {
    this.first = Math.max(this.first, this.top - keep + 1)
  }

  reset(): void {
    this.#lives.push([])
    this.first = 1
  }

  /** Offsets that pass, after one and up to another, read or not. */
  matching(epoch: string, filter: EventFilter | undefined, after: number, upTo = Number.POSITIVE_INFINITY): number[] {
    const life = this.#lives[Number(epoch.slice(1)) - 1] ?? []
    return life.flatMap((symbol, at) => (at + 1 > after && at + 1 <= upTo && passes(filter, symbol) ? [at + 1] : []))
  }

  symbolAt(offset: number): string {
    return this.#lives.at(-1)?.[offset - 1] ?? ''
  }
}

interface Feed {
  readonly name: string
  readonly filter: EventFilter | undefined
  readonly wire: string
  epoch: string
  cursor: number
  last: number
}

/** One socket on the side of a server that keeps the protocol; what it sends waits in `sent`. */
export class ModelSocket {
  readonly sent: string[] = []
  readonly #log: ModelLog
  readonly #feeds = new Map<string, Feed>()
  readonly #style: 'begins_at_next' | 'begins_as_asked'

  readonly #heartbeatMs: number

  constructor(log: ModelLog, style: 'begins_at_next' | 'begins_as_asked', heartbeatMs = HEARTBEAT_MS) {
    this.#log = log
    this.#style = style
    this.#heartbeatMs = heartbeatMs
  }

  receive(message: ClientMessage): void {
    if (message.type === 'subscribe') this.#subscribe(message)
    else if (message.type === 'unsubscribe') {
      for (const [name, { wire }] of this.#feeds) if (wire === message.id) this.#feeds.delete(name)
    } else if (message.type === 'auth') {
      this.#send({ type: 'welcome', user: 'u', server: 'model', time: 0, heartbeat_ms: this.#heartbeatMs })
    }
  }

  drain(): void {
    this.#send({ type: 'drain', within_ms: 5000 })
  }

  /** Sends what the log has more. */
  pump(): void {
    for (const feed of this.#feeds.values()) {
      const next = this.#where({ epoch: feed.epoch, offset: feed.cursor })
      if (next.gap) this.#skip(feed, next.gap.reason, next.position)
      for (const offset of this.#log.matching(feed.epoch, feed.filter, feed.cursor)) {
        const { name, epoch, last: previous } = feed
        const event = detected(this.#log.symbolAt(offset), offset)
        this.#send({ type: 'event', feed: name, epoch, offset, previous, event } satisfies EventMessage)
        feed.last = offset
      }
      feed.cursor = this.#log.top
    }
  }

  heartbeat(): void {
    const heads = [...this.#feeds.values()].map(({ name, epoch, cursor, last }) => [
      name,
      { epoch, offset: cursor, last }
    ])
    const pipeline = { read_age_ms: 1, event_age_ms: null }
    this.#send({ type: 'heartbeat', time: 0, feeds: Object.fromEntries(heads), pipeline })
  }

  #subscribe({ id, filter, from, channel }: Subscribe): void {
    const { epoch, top } = this.#log
    const name = `${channel}:${filter?.symbols?.join() ?? '*'}`
    if (this.#feeds.has(name)) {
      const detail = 'has an equal one'
      this.#send({ type: 'error', id, code: 'invalid_request', detail, action: '', temporary: false })
      return
    }
    const asked: Position = typeof from === 'string' ? { epoch, offset: top } : from
    const { position, gap } = this.#where(asked)
    const begin = this.#style === 'begins_at_next' ? position : asked
    const feed: Feed = { name, filter, wire: id, epoch: asked.epoch, cursor: asked.offset, last: asked.offset }
    this.#feeds.set(name, feed)
    const mode = typeof from === 'string' ? 'live' : 'resumed'
    this.#send({ type: 'subscribed', id, feed: name, channel, mode, position: begin, top })
    if (gap) this.#skip(feed, gap.reason, position)
    this.pump()
    this.#send({ type: 'caught_up', feed: name, position: { epoch, offset: top } })
  }

  #where({ epoch, offset }: Position): { position: Position; gap?: { reason: 'expired' | 'stream_reset' } } {
    const { first } = this.#log
    const oldest = { epoch: this.#log.epoch, offset: first - 1 }
    if (epoch !== this.#log.epoch) return { position: oldest, gap: { reason: 'stream_reset' } }
    if (offset < first - 1) return { position: oldest, gap: { reason: 'expired' } }
    return { position: { epoch, offset } }
  }

  #skip(feed: Feed, reason: 'expired' | 'stream_reset', next: Position): void {
    const have = { epoch: feed.epoch, offset: feed.cursor }
    this.#send({ type: 'gap', feed: feed.name, reason, have, next, action: 'rescan' })
    feed.epoch = next.epoch
    feed.cursor = next.offset
    feed.last = next.offset
  }

  #send(message: ServerMessage): void {
    this.sent.push(JSON.stringify(message))
  }
}
