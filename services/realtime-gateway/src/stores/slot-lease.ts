import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { slotKey } from '@tickstock/contracts'
import { Outage, type RedisClient } from '@tickstock/event-log'
import type { Logger } from '@tickstock/service-kit'

const RENEW = readFileSync(new URL('../../lua/renew-slot.lua', import.meta.url), 'utf8')
const RELEASE = readFileSync(new URL('../../lua/release-slot.lua', import.meta.url), 'utf8')

/** More gateways than this on one Redis are a mistake. */
const SLOTS = 1024

export interface SlotLeaseOptions {
  readonly redis: RedisClient
  readonly logger: Logger
  /** The one slot to take; else the first free one. */
  readonly slot?: number | undefined
  /** Time until the slot of an instance that died is free, ms. Default 10,000. */
  readonly ttlMs?: number
}

export interface HeldSlot {
  readonly slot: number
  /** Aborted when the slot may be another's. */
  readonly lost: AbortSignal
  /** Gives it back. Never rejects: it runs out by itself. */
  release(): Promise<void>
}

/** Slots name the consumer groups of gateways: one holder each, for as long as it renews its lease. */
export class SlotLease {
  readonly #redis: RedisClient
  readonly #logger: Logger
  readonly #slot: number | undefined
  readonly #ttlMs: number
  readonly #holder = randomUUID()

  constructor({ redis, logger, slot, ttlMs = 10_000 }: SlotLeaseOptions) {
    this.#redis = redis
    this.#logger = logger
    this.#slot = slot
    this.#ttlMs = ttlMs
  }

  /**
   * One attempt, at the slots of the options or at the one that is named.
   *
   * @returns undefined when no slot is free; rejects when Redis does not answer
   */
  async take(only = this.#slot): Promise<HeldSlot | undefined> {
    const wanted = only === undefined ? Array.from({ length: SLOTS }, (_, slot) => slot) : [only]
    for (const slot of wanted) {
      const asked = performance.now()
      if ((await this.#redis.set(slotKey(slot), this.#holder, 'PX', this.#ttlMs, 'NX')) !== null)
        return this.#hold(slot, asked)
    }
    return undefined
  }

  #hold(slot: number, since: number): HeldSlot {
    const lost = new AbortController()
    const outage = new Outage(this.#logger, 'renewing the lease of the slot', { slot })
    // By a clock that nobody sets: a wall clock put forward would give up a slot that is held, one put back would keep what is another's.
    let sureUntil = since + this.#ttlMs
    const renewing = setInterval(async () => {
      const asked = performance.now()
      const state = await this.#redis
        .eval(RENEW, 1, slotKey(slot), this.#holder, this.#ttlMs)
        .catch((error: unknown) => error)
      if (state === 'renewed') {
        sureUntil = asked + this.#ttlMs
        outage.over()
      } else if (state === 'lost' || performance.now() >= sureUntil) give(state)
      else outage.failed(state)
    }, this.#ttlMs / 3)
    const give = (state: unknown) => {
      clearInterval(renewing)
      if (!lost.signal.aborted) this.#logger.warn({ slot, state: String(state) }, 'the slot is lost')
      lost.abort()
    }
    return { slot, lost: lost.signal, release: () => this.#release(slot, renewing) }
  }

  async #release(slot: number, renewing: NodeJS.Timeout): Promise<void> {
    clearInterval(renewing)
    try {
      await this.#redis.eval(RELEASE, 1, slotKey(slot), this.#holder)
    } catch (error) {
      this.#logger.warn({ err: error, slot }, 'the slot was not given back: its lease runs out')
    }
  }
}
