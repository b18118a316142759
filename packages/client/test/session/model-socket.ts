import type {
  Ack,
  ClientMessage,
  EventFilter,
  EventMessage,
  Position,
  ServerMessage,
  Subscribe
} from '@tickstock/contracts'
import type { ModelLog, Wanted } from './model-log.ts'
import type { ModelServer } from './model-server.ts'

interface Feed {
  name: string
  readonly filter: EventFilter | undefined
  readonly wire: string
  readonly kept: string | undefined
  /** Edits of the watchlist that it knows of. */
  edits: number
  wanted: Wanted
  epoch: string
  cursor: number
  last: number
  credits: number
  isSlow: boolean
}

type Reason = 'expired' | 'stream_reset' | 'position_lost'
type Missed = { position: Position; gap?: { reason: Reason } }

const PAGE = 2

/** One socket on the side of a server that keeps the protocol; what it sends waits in `sent`. */
export class ModelSocket {
  readonly sent: string[] = []
  /** When the socket ends with its token, by the server's clock, ms. */
  expiresAt: number | undefined
  readonly #server: ModelServer
  readonly #log: ModelLog
  readonly #feeds = new Map<string, Feed>()

  constructor(server: ModelServer) {
    this.#server = server
    this.#log = server.log
  }

  get subscriptions(): number {
    return this.#feeds.size
  }

  receive(message: ClientMessage): void {
    switch (message.type) {
      case 'auth':
        this.#send({ type: 'welcome', user: 'u', server: 'model', ...this.#beat(), ...this.#token() })
        break
      case 'refresh':
        this.#server.refreshes += 1
        this.#send({ type: 'refreshed', ...this.#token() })
        break
      case 'subscribe':
        this.#subscribe(message)
        break
      case 'unsubscribe':
        if (!this.#feeds.delete(message.id)) this.#refuse(message.id)
        break
      case 'pull':
        this.#pull(message.id ?? '', message.credits)
        break
      case 'ping':
        this.#send({ type: 'pong', ...(message.id !== undefined && { id: message.id }), time: this.#server.clock() })
        break
      case 'ack':
        this.#acknowledge(message)
    }
  }

  drain(): void {
    this.#send({ type: 'drain', within_ms: 5000 })
  }

  /** Sends what the log has more, as far as credits go. */
  pump(): void {
    for (const feed of this.#feeds.values()) {
      const next = this.#where({ epoch: feed.epoch, offset: feed.cursor })
      if (next.gap) this.#skip(feed, next.gap.reason, next.position)
      this.#retarget(feed)
      for (const offset of this.#log.matching(feed.epoch, feed.wanted, feed.cursor)) {
        if (feed.credits === 0) break
        this.#sendEvent(feed, offset)
      }
      const [waiting] = this.#log.matching(feed.epoch, feed.wanted, feed.cursor)
      feed.cursor = waiting === undefined ? this.#log.top : waiting - 1
      const position = { epoch: feed.epoch, offset: feed.cursor }
      if (waiting !== undefined && !feed.isSlow) {
        this.#send({ type: 'slow', feed: feed.name, reason: 'credits', position, top: this.#log.top })
      }
      if (waiting === undefined && feed.isSlow) this.#send({ type: 'caught_up', feed: feed.name, position })
      feed.isSlow = waiting !== undefined
    }
  }

  heartbeat(readAge = 1): void {
    const { top } = this.#log
    const heads = [...this.#feeds.values()].map(({ name, epoch, cursor: offset, last }) => [
      name,
      { epoch, offset, last, top }
    ])
    const pipeline = { read_age_ms: readAge, event_age_ms: null }
    this.#send({ type: 'heartbeat', time: this.#server.clock(), feeds: Object.fromEntries(heads), pipeline })
  }

  #beat() {
    return { time: this.#server.clock(), heartbeat_ms: this.#server.heartbeatMs }
  }

  #token() {
    const { tokenMs, clock } = this.#server
    if (tokenMs === undefined) return {}
    this.expiresAt = clock() + tokenMs
    return { expires_at: this.expiresAt }
  }

  #subscribe({ id, filter, from, channel, name: kept, known, credits }: Subscribe): void {
    const { epoch, top } = this.#log
    const name = this.#feedName(filter)
    const now = { epoch, offset: top }
    const earlier = { epoch, offset: Math.max(this.#log.first - 1, top - (top % this.#server.snapshotsLead)) }
    const stored = this.#server.kept.get(kept ?? '')
    const resumed = from === 'snapshot' ? earlier : this.#newer(stored, this.#server.heedsKnown ? known : undefined)
    const asked = typeof from === 'string' ? (resumed ?? now) : from
    const isLost = asked === known && stored?.epoch !== asked.epoch
    const { position, gap } = this.#where(asked)
    const feed: Feed = {
      name,
      filter,
      wire: id,
      kept,
      edits: this.#log.edits,
      wanted: this.#log.wantedBy(filter),
      epoch: asked.epoch,
      cursor: asked.offset,
      last: asked.offset,
      credits: credits ?? Number.POSITIVE_INFINITY,
      isSlow: false
    }
    this.#feeds.set(id, feed)
    const mode = from === 'snapshot' ? from : asked === now ? 'live' : 'resumed'
    // Only who named a position knows by himself that it begins elsewhere.
    const begin = typeof from !== 'string' && this.#server.style === 'begins_at_next' ? position : asked
    this.#send({ type: 'subscribed', id, feed: name, channel, mode, position: begin, top })
    if (from === 'snapshot') this.#sendSnapshot(feed, asked)
    if (gap) this.#skip(feed, isLost ? 'position_lost' : gap.reason, position)
    this.pump()
    this.#send({ type: 'caught_up', feed: name, position: { epoch, offset: top } })
  }

  #newer(stored: Position | undefined, known: Position | undefined): Position | undefined {
    if (stored === undefined || known === undefined) return stored ?? known
    if (stored.epoch === known.epoch) return stored.offset < known.offset ? known : stored
    return stored.epoch === this.#log.epoch ? stored : known
  }

  /** Made of what the filter selects now; among equal filters of one socket an ordinal makes it one subscription's. */
  #feedName(filter: EventFilter | undefined): string {
    const selection = JSON.stringify(this.#log.wantedBy(filter))
    const taken = new Set([...this.#feeds.values()].map(({ name }) => name))
    let name = selection
    for (let ordinal = 2; taken.has(name); ordinal++) name = `${selection} ${ordinal}`
    return name
  }

  #sendSnapshot({ wire: id, name: feed, wanted }: Feed, position: Position): void {
    const all = this.#log.living(position.epoch, wanted, this.#log.top)
    do {
      const patterns = all.splice(0, PAGE)
      this.#send({ type: 'snapshot', id, feed, position, patterns, remaining: all.length })
    } while (all.length > 0)
  }

  #sendEvent(feed: Feed, offset: number): void {
    const { name, epoch, last: previous, wanted } = feed
    const { event, at } = this.#log.entryAt(epoch, offset)
    const change = this.#log.changeAt(epoch, offset, wanted)
    if (change === 'nothing') throw new Error('only what matches is sent')
    const message: EventMessage = { type: 'event', feed: name, epoch, offset, previous, at, event }
    this.#send({ ...message, ...(change && { change }) })
    feed.last = offset
    feed.cursor = offset
    feed.credits -= 1
  }

  #retarget(feed: Feed): void {
    if (feed.filter?.watchlist === undefined || feed.edits === this.#log.edits) return
    const { name: previous_feed, wire: id, epoch, cursor: offset, last } = feed
    feed.edits = this.#log.edits
    feed.wanted = this.#log.wantedBy(feed.filter)
    feed.name = this.#feedName(feed.filter)
    this.#send({ type: 'retargeted', id, previous_feed, feed: feed.name, position: { epoch, offset }, last })
  }

  #pull(id: string, credits: number): void {
    const feed = this.#feeds.get(id)
    if (feed === undefined) this.#refuse(id)
    else {
      feed.credits += credits
      this.pump()
    }
  }

  #acknowledge({ positions }: Ack): void {
    for (const [wire, { epoch, offset }] of Object.entries(positions)) {
      const feed = this.#feeds.get(wire)
      const isHandedOver = feed?.kept !== undefined && epoch === feed.epoch && offset <= feed.cursor
      if (!feed?.kept || !isHandedOver) {
        this.#refuse(wire)
        continue
      }
      const before = this.#server.kept.get(feed.kept)
      const isOld = before?.epoch === epoch && before.offset >= offset
      if (!isOld && epoch === this.#log.epoch) this.#server.kept.set(feed.kept, { epoch, offset })
    }
    this.#send({ type: 'acknowledged', positions })
  }

  #where({ epoch, offset }: Position): Missed {
    const { first } = this.#log
    const oldest = { epoch: this.#log.epoch, offset: first - 1 }
    if (epoch !== this.#log.epoch) return { position: oldest, gap: { reason: 'stream_reset' } }
    if (offset < first - 1) return { position: oldest, gap: { reason: 'expired' } }
    return { position: { epoch, offset } }
  }

  #skip(feed: Feed, reason: Reason, next: Position): void {
    const have = { epoch: feed.epoch, offset: feed.cursor }
    this.#send({ type: 'gap', feed: feed.name, reason, have, last: feed.last, next, action: 'rescan' })
    feed.epoch = next.epoch
    feed.cursor = next.offset
    feed.last = next.offset
  }

  #refuse(id: string): void {
    this.#server.strikes += 1
    const detail = 'as the model sees it'
    this.#send({ type: 'error', id, code: 'invalid_request', detail, action: '', temporary: false })
  }

  #send(message: ServerMessage): void {
    this.sent.push(JSON.stringify(message))
  }
}
