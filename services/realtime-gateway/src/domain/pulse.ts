import { CHANNELS, type Channel } from '@tickstock/contracts'

/** A channel's log has not been read for longer than this: it counts as away. More than one blocking read with its watchdog, ms. */
const AWAY_AFTER = 4_000

/** Whether the log is being read. */
export class Pulse {
  readonly #readAt = new Map<Channel, number>()
  readonly #awaited = new Map<Channel, PromiseWithResolvers<void>>()

  /** The channel's log was read with success, and its ring stands. */
  beat(channel: Channel, now: number): void {
    this.#readAt.set(channel, now)
    this.#awaited.get(channel)?.resolve()
    this.#awaited.delete(channel)
  }

  /** Resolves when the channel's log is next read with success. */
  nextBeat(channel: Channel): Promise<void> {
    const awaited = this.#awaited.get(channel) ?? Promise.withResolvers<void>()
    this.#awaited.set(channel, awaited)
    return awaited.promise
  }

  /** @returns ms since the last read with success; undefined before the first */
  age(channel: Channel, now: number): number | undefined {
    const at = this.#readAt.get(channel)
    return at === undefined ? undefined : Math.max(0, now - at)
  }

  /** The channels whose logs are not being read. */
  away(now: number): Channel[] {
    return CHANNELS.filter(channel => !this.isAlive(channel, now))
  }

  isAlive(channel: Channel, now: number): boolean {
    return (this.age(channel, now) ?? Number.POSITIVE_INFINITY) <= AWAY_AFTER
  }
}
