import { CHANNELS, checkOf, Position } from '@tickstock/contracts'
import type { Positions } from '../position-store.ts'

const positions = checkOf(Position)

/** What was kept. Another release may have written it, or anybody: what is no position of a channel is left out. */
export function readPositions(value: unknown): Positions {
  const kept = Object(value)
  return Object.fromEntries(
    CHANNELS.filter(channel => positions.accepts(kept[channel])).map(channel => [channel, kept[channel]])
  )
}

/** Of each channel the later position; where only one can be, since the log is another, the newer word. */
export function furthest(known: Positions, newer: Positions): Positions {
  const isFurther = (channel: keyof Positions) => {
    const [one, other] = [known[channel], newer[channel]]
    return one !== undefined && (other === undefined || (one.epoch === other.epoch && one.offset > other.offset))
  }
  return Object.fromEntries(CHANNELS.map(channel => [channel, isFurther(channel) ? known[channel] : newer[channel]]))
}
