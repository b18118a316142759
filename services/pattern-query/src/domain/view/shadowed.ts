import { CHANNELS, type Channel } from '@tickstock/contracts'
import { Expiries } from './expiries.ts'
import { isNewer, type LiveState } from './live-state.ts'

/**
 * What channels say of patterns of which another channel has a newer word. Not seen in scans, but live in their own logs: they expire there, and come to light
 * when the newer one goes.
 */
export class Shadowed {
  readonly #slots = new Map<string, number>()
  readonly #states: (LiveState | undefined)[] = []
  readonly #free: number[] = []
  /** By slot. The patterns that are seen bound these too: two others at most have the same id. */
  readonly expiries = new Expiries(Number.POSITIVE_INFINITY)

  get size(): number {
    return this.#slots.size
  }

  at(slot: number): LiveState | undefined {
    return this.#states[slot]
  }

  get(channel: Channel, id: string): LiveState | undefined {
    if (this.size === 0) return undefined
    const slot = this.#slots.get(keyOf(channel, id))
    return slot === undefined ? undefined : this.#states[slot]
  }

  set(state: LiveState): void {
    const { channel, id, expires_at, detected_at } = state.pattern
    const slot = this.#slots.get(keyOf(channel, id)) ?? this.#free.pop() ?? this.#states.length
    this.#slots.set(keyOf(channel, id), slot)
    this.#states[slot] = state
    this.expiries.set(slot, expires_at, detected_at)
  }

  delete(channel: Channel, id: string): void {
    const slot = this.#slots.get(keyOf(channel, id))
    if (slot === undefined) return
    this.#slots.delete(keyOf(channel, id))
    this.#states[slot] = undefined
    this.#free.push(slot)
    this.expiries.delete(slot)
  }

  /** The newest word that is left on a pattern. */
  newestOf(id: string): LiveState | undefined {
    if (this.size === 0) return undefined
    let newest: LiveState | undefined
    for (const channel of CHANNELS) {
      const state = this.get(channel, id)
      if (state && (newest === undefined || isNewer(state.pattern, newest.pattern))) newest = state
    }
    return newest
  }

  /** Ids of a channel. */
  *idsOf(channel: Channel): Generator<string> {
    for (const state of this.#states) if (state?.pattern.channel === channel) yield state.pattern.id
  }
}

const keyOf = (channel: Channel, id: string): string => `${channel}:${id}`
