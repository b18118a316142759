import { hash } from 'node:crypto'
import type { Sectors } from '@tickstock/contracts'

/** All sectors, ready to be sent. */
export interface Listing {
  readonly json: string
  /** Of the content: the same on every replica. */
  readonly etag: string
}

/** How long one reading serves all, ms. The producer lists once a day; whoever follows the sectors asks once a minute. */
const KEPT_MS = 5_000

/** The sectors with their symbols. Read once for all who ask within a few seconds; a reading that fails is nobody's but theirs who waited for it. */
export class SectorListing {
  readonly #read: () => Promise<Sectors['sectors']>
  readonly #now: () => number
  #kept: Promise<Listing> | undefined
  #until = 0

  /** @param now ms, of any clock that only goes forward */
  constructor(read: () => Promise<Sectors['sectors']>, now: () => number) {
    this.#read = read
    this.#now = now
  }

  current(): Promise<Listing> {
    const now = this.#now()
    if (this.#kept !== undefined && now < this.#until) return this.#kept
    const reading = this.#read().then(listingOf)
    this.#kept = reading
    this.#until = now + KEPT_MS
    reading.catch(() => {
      if (this.#kept === reading) this.#kept = undefined
    })
    return reading
  }
}

function listingOf(sectors: Sectors['sectors']): Listing {
  const json = JSON.stringify({ sectors } satisfies Sectors)
  return { json, etag: `"${hash('sha256', json, 'base64url').slice(0, 22)}"` }
}
