import { CHANNELS, type Channel, type Pattern, type PerChannel, type Positions, perChannel } from '@tickstock/contracts'
import { isNewer, type LiveState, type Word } from './live-state.ts'

/** Numbers of a pattern that an update may change, and a walk may be sorted by. NaN: not known. */
interface MovingNumbers {
  readonly confidence: number
  readonly rs: number
  readonly volume: number
}

/** Where a pattern stood; `undefined` where it was not live. */
export type Before = MovingNumbers | undefined

/** What a channel said of a pattern, as far as it decides where the pattern stands in an order. */
interface Said extends MovingNumbers, Word {}

/** An entry that changed what its channel says of a pattern. */
interface Move {
  readonly offset: number
  readonly id: string
  /** What the channel said before the entry. */
  readonly before: Said | undefined
}

/** Moves kept of a channel: of 500 events a second, those of a minute. 180 bytes each. */
const KEPT = 32_768

/**
 * What each channel said of patterns before the latest entries of its log: so that a walk through pages continues in the order that it began with. What a
 * channel says at an offset depends on its log alone, so every replica finds the same order, however it read the logs between each other. The orders by
 * symbol and time need none of it: those never change.
 */
export class Moves {
  readonly #channels: PerChannel<ChannelMoves> = perChannel(() => new ChannelMoves())

  note(channel: Channel, offset: number, id: string, before: Pattern | undefined): void {
    this.#channels[channel].note({ offset, id, before: before && saidOf(before) })
  }

  /** The channel is being replaced by something else than its log: walks that began before cannot continue. */
  restart(channel: Channel): void {
    this.#channels[channel].begin(Number.POSITIVE_INFINITY)
  }

  /** The channel is known as of this offset, and what its log does from then on is noted. */
  begin(channel: Channel, offset: number): void {
    this.#channels[channel].begin(offset)
  }

  /** Whether where patterns stood at some positions is still known. */
  reachBackTo(positions: Positions): boolean {
    return CHANNELS.every(channel => this.#channels[channel].from <= positions[channel].offset)
  }

  /**
   * Where patterns that changed after some positions stood at these, by id.
   *
   * @param now what a channel says now
   * @returns undefined where that is not known any more
   */
  since(
    positions: Positions,
    now: (channel: Channel, id: string) => LiveState | undefined
  ): ReadonlyMap<string, Before> | undefined {
    if (!this.reachBackTo(positions)) return undefined
    const said = perChannel(channel => this.#channels[channel].since(positions[channel].offset))
    const stood = new Map<string, Before>()
    for (const channel of CHANNELS) {
      for (const id of said[channel].keys()) if (!stood.has(id)) stood.set(id, newestOf(id, said, now))
    }
    return stood
  }
}

/** The changes of one channel, in a ring. */
class ChannelMoves {
  readonly #moves: Move[] = []
  #next = 0
  /** Moves up to this offset are not known. */
  #from = 0

  get from(): number {
    return this.#from
  }

  note(move: Move): void {
    const dropped = this.#moves[this.#next]
    if (dropped) this.#from = dropped.offset
    this.#moves[this.#next] = move
    this.#next = (this.#next + 1) % KEPT
  }

  begin(offset: number): void {
    this.#moves.length = 0
    this.#next = 0
    this.#from = offset
  }

  /** What the channel said at an offset of each pattern that it changed after it. */
  since(offset: number): ReadonlyMap<string, Said | undefined> {
    const said = new Map<string, Said | undefined>()
    for (let age = 1; age <= this.#moves.length; age++) {
      const move = this.#moves.at((this.#next - age) % this.#moves.length)
      if (!move || move.offset <= offset) break
      // From the newest on: what was said before the oldest of them remains.
      said.set(move.id, move.before)
    }
    return said
  }
}

function newestOf(
  id: string,
  said: PerChannel<ReadonlyMap<string, Said | undefined>>,
  now: (channel: Channel, id: string) => LiveState | undefined
): Said | undefined {
  let newest: Said | undefined
  for (const channel of CHANNELS) {
    const changed = said[channel]
    const live = changed.has(id) ? undefined : now(channel, id)
    const each = live ? saidOf(live.pattern) : changed.get(id)
    if (each && (newest === undefined || isNewer(each, newest))) newest = each
  }
  return newest
}

const saidOf = ({ channel, updated_at, confidence, indicators }: Pattern): Said => ({
  channel,
  updated_at,
  confidence,
  rs: indicators.relative_strength ?? Number.NaN,
  volume: indicators.relative_volume ?? Number.NaN
})
