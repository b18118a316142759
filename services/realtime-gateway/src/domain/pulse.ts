import type { Channel } from '@tickstock/contracts'

/** A channel's log has not been read for longer than this: it counts as away. More than one blocking read with its watchdog, ms. */
const AWAY_AFTER = 4_000

/** Whether the log is being read. */
export class Pulse {
  readonly #readAt = new Map<Channel, number>()

  /** The channel's log was read with success, and its ring stands. */
  beat(channel: Channel, now: number): void {
    this.#readAt.set(channel, now)
  }

  /** @returns ms since the last read with success; undefined before the first */
  age(channel: Channel, now: number): number | undefined {
    const at = this.#readAt.get(channel)
    return at === undefined ? undefined : Math.max(0, now - at)
  }

  isAlive(channel: Channel, now: number): boolean {
    return (this.age(channel, now) ?? Number.POSITIVE_INFINITY) <= AWAY_AFTER
  }
}
