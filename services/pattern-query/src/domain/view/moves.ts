import { CHANNELS, type Channel, type PerChannel, type Positions, perChannel } from '@tickstock/contracts'

/** Numbers of a pattern that an update may change, and a walk may be sorted by. */
export interface MovingNumbers {
  readonly confidence: number
  readonly rs: number
  readonly volume: number
}

/** Where the slot's pattern stood before; `undefined` where it was not there. */
export type Before = MovingNumbers | undefined

interface Move {
  readonly channel: Channel
  readonly offset: number
  readonly slot: number
  readonly before: Before
}

/** Moves kept: of 500 events a second, those of a minute and more. 100 bytes each. */
const KEPT = 32_768

/**
 * Which patterns came or moved within their orders lately, by the entry of the log that did it: so that whoever walks through pages goes on in the order
 * that he began with, on whichever replica. The order by symbol or time needs none of it: those never change.
 */
export class Moves {
  readonly #moves: Move[] = []
  #next = 0
  /** Moves up to these offsets are not known. */
  readonly #from: PerChannel<{ offset: number }> = perChannel(() => ({ offset: 0 }))

  note(channel: Channel, offset: number, slot: number, before: Before): void {
    const dropped = this.#moves[this.#next]
    if (dropped) this.#forget(dropped.channel, dropped.offset)
    this.#moves[this.#next] = { channel, offset, slot, before }
    this.#next = (this.#next + 1) % KEPT
  }

  /** Something else than the log moved the patterns. Walks that began before these offsets cannot go on. */
  restart(offsets: PerChannel<number>): void {
    this.#moves.length = 0
    this.#next = 0
    for (const channel of CHANNELS) this.#forget(channel, offsets[channel])
  }

  /** The channel's log begins anew. */
  begin(channel: Channel, offset: number): void {
    this.#from[channel].offset = offset
  }

  /** By slot, where its pattern stood at some positions, if that is elsewhere than now; undefined where that is not known any more. */
  since(positions: Positions): ReadonlyMap<number, Before> | undefined {
    if (CHANNELS.some(channel => positions[channel].offset < this.#from[channel].offset)) return undefined
    const moved = new Map<number, Before>()
    for (let age = 1; age <= this.#moves.length; age++) {
      const move = this.#moves.at((this.#next - age) % this.#moves.length)
      if (!move || move.offset <= positions[move.channel].offset) continue
      // From the newest on: the oldest word on a slot stays, but for the coming of what is in it now.
      if (moved.has(move.slot) && moved.get(move.slot) === undefined) continue
      moved.set(move.slot, move.before)
    }
    return moved
  }

  #forget(channel: Channel, offset: number) {
    const from = this.#from[channel]
    from.offset = Math.max(from.offset, offset)
  }
}
