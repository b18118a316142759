export interface TokenBucketOptions {
  readonly perSecond: number
  /** So many may come at once. Default: a whole second's worth. */
  readonly burst?: number
}

/** Bounds a rate, and lets a burst come at once. */
export class TokenBucket {
  readonly #perSecond: number
  readonly #burst: number
  #tokens: number
  #at: number

  constructor({ perSecond, burst = perSecond }: TokenBucketOptions, now: number) {
    this.#perSecond = perSecond
    this.#burst = burst
    this.#tokens = burst
    this.#at = now
  }

  /** @returns false when that many are not left */
  take(count: number, now: number): boolean {
    const gained = (Math.max(0, now - this.#at) / 1000) * this.#perSecond
    this.#tokens = Math.min(this.#burst, this.#tokens + gained) - count
    this.#at = now
    return this.#tokens >= 0
  }
}
