/**
 * Bytes after which a ping is written behind what was handed over. A reader of 1 KB/s reaches the next ping within
 * three minutes: that bounds how long a dead connection is kept. At 40 KB/s it is one ping more for each heartbeat.
 */
export const PROBE_BYTES = 128 * 1024

/** Pings of a connection that wait for their pong. Beyond it a ping is sent, and its pong proves nothing. */
const MOST = 256

interface Probe {
  readonly payload: string
  /** Bytes that were handed over before it. */
  readonly end: number
}

/**
 * How much a peer has read, as its pongs prove.
 *
 * The kernels and proxies on the way take megabytes that the peer has not read, and none of that shows here. A ping lies
 * behind everything that was handed over before it, so its pong proves that the peer has read those bytes, and nothing
 * about later ones.
 */
export class Probes {
  readonly #open: Probe[] = []
  #handed = 0
  #proven = 0
  /** Bytes that had been handed over at the last ping. */
  #pinged = 0
  #count = 0

  /** @returns whether a ping is due behind these bytes */
  hand(bytes: number): boolean {
    this.#handed += bytes
    return this.#handed - this.#pinged >= PROBE_BYTES
  }

  /** A ping is sent now. @returns its payload */
  ping(): string {
    const payload = `${++this.#count}`
    this.#pinged = this.#handed
    if (this.#open.length < MOST) this.#open.push({ payload, end: this.#handed })
    return payload
  }

  /** @returns whether it answers a ping. A peer may answer the newest of several alone (RFC 6455, 5.5.3). */
  pong(payload: string): boolean {
    const at = this.#open.findIndex(probe => probe.payload === payload)
    const answered = this.#open.splice(0, at + 1).at(-1)
    this.#proven = answered?.end ?? this.#proven
    return answered !== undefined
  }

  /** Bytes that the peer has to read before the next pong can come. */
  get ahead(): number {
    return (this.#open[0]?.end ?? this.#handed) - this.#proven
  }
}
