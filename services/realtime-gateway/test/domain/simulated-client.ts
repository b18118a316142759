import { decodeServerFrame, type Gap, type LogEntry, type Position, type ServerMessage } from '@tickstock/contracts'
import { textFrame } from '../../src/domain/frames.ts'
import { canonical, matcherOf, type SelectedFilter } from '../../src/domain/matcher.ts'
import type { Outlet } from '../../src/domain/outlet.ts'

/** A client that keeps the protocol's rules, and a socket that takes bytes when it is told to. */
export class SimulatedClient implements Outlet {
  buffered = 0
  taken = 0
  ahead = 0
  slow = false
  largestWrite = 0
  readonly frames: Buffer[] = []
  pings = 0
  closedFor: string | undefined
  readonly messages: ServerMessage[] = []
  readonly #untaken: (() => void)[] = []

  send(text: string, done?: () => void): void {
    this.write(textFrame(text))
    if (done !== undefined) this.whenTaken(done)
  }

  write(frame: Buffer): void {
    if (this.slow) this.buffered += frame.length
    this.frames.push(frame)
    this.largestWrite = Math.max(this.largestWrite, frame.length)
    this.messages.push(...decodeServerFrame(readFrame(frame)))
  }

  whenTaken(callback: () => void): void {
    if (this.buffered > 0) this.#untaken.push(callback)
    else queueMicrotask(callback)
  }

  takeAll(): void {
    this.taken += this.buffered
    this.buffered = 0
    for (const done of this.#untaken.splice(0)) done()
  }

  ping(): void {
    this.pings++
  }

  ponged(payload: string): boolean {
    return payload === 'asked for'
  }

  close(reason: string): void {
    this.closedFor = reason
  }

  terminate(reason: string): void {
    this.closedFor = reason
  }
}

/** The text of a frame, read as RFC 6455 has it: FIN, text, not masked, its length in the shortest form. */
function readFrame(frame: Buffer): string {
  if (frame[0] !== 0x81) throw new Error('not one whole text frame')
  const short = frame[1] ?? 0
  const [length, header] =
    short < 126 ? [short, 2] : short === 126 ? [frame.readUInt16BE(2), 4] : [Number(frame.readBigUInt64BE(2)), 10]
  if (header + length !== frame.length) throw new Error(`${frame.length} bytes of which ${length} are the payload`)
  if ((short === 126 && length < 126) || (short === 127 && length < 65_536)) throw new Error('not the shortest form')
  return frame.toString('utf8', header)
}

/** A gap names no more than what the log no longer has. */
function checkGap({ have, next }: Gap, wasCut: (position: Position) => boolean): void {
  const after = have.epoch === next.epoch ? have.offset : 0
  for (let offset = after + 1; offset <= next.offset; offset++)
    if (!wasCut({ epoch: next.epoch, offset }))
      throw new Error(`the gap to ${next.epoch}:${next.offset} leaves out ${offset}, which can be had`)
}

/**
 * Reads what a client received for one feed by the rules of the protocol, against everything that was ever appended.
 *
 * @param filterOf what each feed that it had lets through
 * @param isWhole the messages are all that it was sent, until nothing more came
 * @returns the client's position at the end, the feed that it has then, and how many events it received
 * @throws Error naming the first thing that came twice, out of order, or was silently missing
 */
export function audit(
  messages: readonly ServerMessage[],
  first: string,
  filterOf: ReadonlyMap<string, SelectedFilter>,
  from: Position,
  replay: boolean,
  everything: ReadonlyMap<string, readonly LogEntry[]>,
  wasCut: (position: Position) => boolean,
  maxReplay: number,
  isWhole = true
): { readonly position: Position; readonly feed: string; readonly events: number } {
  let feed = first
  const matcherOfFeed = () => matcherOf(canonical(filterOf.get(feed) ?? {}))
  let matcher = matcherOfFeed()
  let position = from
  const nothingBetween = (after: number, before: number, what: string) => {
    const missed = everything
      .get(position.epoch)
      ?.find(e => e.offset > after && e.offset < before && matcher.effectOf(e) !== undefined)
    if (missed !== undefined) throw new Error(`${what}: ${missed.epoch}:${missed.offset} was never given`)
  }
  const checkTooLarge = ({ have, next }: Gap) => {
    const end = everything.get(next.epoch)?.at(-1)?.offset ?? 0
    if (have.epoch !== next.epoch || hasBegun || end - next.offset < maxReplay)
      throw new Error(`${next.offset} to ${end} is not the most that may be replayed, or it began long before`)
  }
  let hasBegun = false
  let events = 0
  /** The newest heartbeat. */
  let seen = { epoch: '', top: 0 }
  /** Reasons that it was told since it last caught up. */
  let slowFor: string[] = []
  let replaying = replay
  for (const message of messages) {
    hasBegun ||= message.type === 'event' || message.type === 'slow' || message.type === 'caught_up'
    if (message.type === 'slow' && message.feed === feed) {
      if (slowFor.includes(message.reason)) throw new Error(`told twice that it is slow: ${message.reason}`)
      slowFor.push(message.reason)
      if (message.position.epoch !== position.epoch) throw new Error('slow in another epoch')
      nothingBetween(position.offset, message.position.offset + 1, 'slow')
    }
    if (message.type === 'event' && message.feed === feed) {
      const at = `event ${message.epoch}:${message.offset} at ${position.epoch}:${position.offset}`
      if (message.epoch !== position.epoch) throw new Error(`${at}: another epoch without a gap`)
      if (message.offset <= position.offset) throw new Error(`${at}: came twice`)
      if (message.previous > position.offset) throw new Error(`${at}: previous ${message.previous} looks like a loss`)
      nothingBetween(message.previous, message.offset, `${at}, previous ${message.previous}`)
      nothingBetween(position.offset, message.offset, at)
      position = { epoch: message.epoch, offset: message.offset }
      events += 1
    }
    if (message.type === 'gap' && message.feed === feed) {
      if (message.have.epoch !== position.epoch) throw new Error('a gap from another epoch')
      if (message.last > position.offset) throw new Error(`gap: last ${message.last} looks like another loss`)
      nothingBetween(position.offset, message.have.offset + 1, 'before a gap')
      if (message.reason === 'replay_too_large') checkTooLarge(message)
      else if (message.reason !== 'ahead') checkGap(message, wasCut)
      position = message.next
      seen = { epoch: '', top: 0 }
    }
    const beat = message.type === 'heartbeat' ? message.feeds[feed] : undefined
    if (beat !== undefined) {
      if (beat.last > beat.offset || beat.offset > beat.top)
        throw new Error(`heartbeat: ${beat.last}, ${beat.offset} and ${beat.top} are not in order`)
      if (beat.epoch === seen.epoch && beat.top < seen.top)
        throw new Error(`heartbeat: the top went back from ${seen.top} to ${beat.top}`)
      seen = beat
      if (beat.epoch !== position.epoch) throw new Error('a heartbeat of another epoch')
      if (beat.last > position.offset)
        throw new Error(`heartbeat: last ${beat.last} at ${position.offset} looks like a loss`)
      nothingBetween(position.offset, beat.offset + 1, 'heartbeat')
      position = { epoch: beat.epoch, offset: Math.max(position.offset, beat.offset) }
    }
    if (message.type === 'retargeted' && message.previous_feed === feed) {
      if (message.position.epoch !== position.epoch) throw new Error('retargeted in another epoch')
      if (message.last > position.offset) throw new Error(`retargeted: last ${message.last} at ${position.offset}`)
      nothingBetween(position.offset, message.position.offset + 1, 'retargeted')
      position = { ...position, offset: Math.max(position.offset, message.position.offset) }
      feed = message.feed
      replaying = replaying || slowFor.length > 0
      slowFor = []
      matcher = matcherOfFeed()
    }
    if (message.type === 'caught_up' && message.feed === feed) {
      nothingBetween(position.offset, message.position.offset + 1, 'caught_up')
      if (!replaying && slowFor.length === 0) throw new Error('caught up without having been behind')
      slowFor = []
      replaying = false
      position = message.position
    }
  }
  if (isWhole && (replaying || slowFor.length > 0)) throw new Error('never told that it has caught up')
  return { position, feed, events }
}
