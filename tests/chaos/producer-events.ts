import type { Channel } from '@tickstock/contracts'
import type { Randomness } from './randomness.ts'

export const SYMBOLS: readonly string[] = Array.from({ length: 40 }, (_, n) => `CH${n}`)

/** A symbol of its own for events that show which version of a list is in force. */
export const MARKER = 'MARKER'

export const PATTERNS = ['Bull_Flag', 'Doji', 'Hammer', 'Weekly_Breakout', 'Volume_Spike', 'Gap_Fill'] as const

const TIMEFRAMES: Readonly<Record<Channel, readonly string[]>> = {
  daily: ['daily'],
  intraday: ['1min', '5min', '15min'],
  combo: ['combo']
}

/** One pattern in this many ends within seconds, so that expiries of its own come from the system meanwhile. */
const SHORT_LIVED = 0.1

/** Patterns of each channel of which more is said. */
const REMEMBERED = 100

/** What an event says: the rest is a detection of a new pattern. */
const SHARES = { update: 0.3, end: 0.08, late: 0.08 } as const

/** How much older an event is that comes late, ms at most. */
const LATE_BY = 3_000

/** What an event of the marker says: it passes every threshold, and has the first of the pattern types. */
const MARKED = {
  symbol: MARKER,
  pattern: PATTERNS[0],
  confidence: 1,
  indicators: { relative_strength: 3, relative_volume: 5, rsi: 50 }
} as const

/** What makes a pattern the same, in a producer's words. */
interface Identity {
  readonly symbol: string
  readonly pattern: string
  /** s */
  readonly timestamp: number
  readonly timeframe: string
  readonly source: Channel
}

interface Made {
  readonly flow: string
  readonly json: string
}

/** Events in a producer's shape, each a flow of its own: of patterns that are new, change, end, come back, and of what is old news. */
export class ProducerEvents {
  readonly #random: Randomness
  readonly #run: string
  readonly #life: readonly [least: number, most: number]
  readonly #known: Readonly<Record<Channel, Identity[]>> = { daily: [], intraday: [], combo: [] }
  #made = 0

  /** @param life of a pattern, seconds: at least, and at most */
  constructor(random: Randomness, life: readonly [least: number, most: number]) {
    this.#random = random
    this.#life = life
    this.#run = random.fork('run').between(0, 0xff_ff_ff_ff).toString(36)
  }

  /** @param now ms */
  next(channel: Channel, now: number): Made {
    const random = this.#random
    const known = this.#known[channel]
    const share = random.next()
    const { update, end, late } = SHARES
    if (known.length === 0 || share >= update + end + late) return this.#appearance(this.#identity(channel, now), now)
    const identity = random.pick(known)
    // One that has ended comes back by this.
    if (share < update) return this.#appearance(identity, now)
    if (share < update + end) return this.#end(identity, now)
    const before = Math.max(now - random.between(1, LATE_BY), identity.timestamp * 1_000)
    return random.chance(0.5) ? this.#appearance(identity, before) : this.#end(identity, before)
  }

  /** An event of the marker. @param now ms */
  marker(channel: Channel, now: number): Made {
    return this.#appearance({ ...this.#identity(channel, now), ...MARKED }, now, MARKED)
  }

  #identity(channel: Channel, now: number): Identity {
    const random = this.#random
    const identity = {
      symbol: random.pick(SYMBOLS),
      pattern: random.pick(PATTERNS),
      timestamp: now / 1_000 + this.#made / 1e6,
      timeframe: random.pick(TIMEFRAMES[channel]),
      source: channel
    }
    const known = this.#known[channel]
    known.push(identity)
    if (known.length > REMEMBERED) known.shift()
    return identity
  }

  /** @param at ms: when it is published, as it says */
  #appearance(identity: Identity, at: number, more: object = {}): Made {
    const random = this.#random
    const lifeSeconds = random.chance(SHORT_LIVED) ? random.between(1, 5) : random.between(...this.#life)
    return this.#make(random.chance(0.5) ? 'pattern_updated' : 'pattern_detected', at, {
      ...identity,
      confidence: random.between(400, 1_000) / 1_000,
      current_price: random.between(500, 50_000) / 100,
      price_change: random.between(-50, 50) / 10,
      expires_at: at / 1_000 + lifeSeconds,
      indicators: {
        relative_strength: random.between(0, 30) / 10,
        relative_volume: random.between(0, 50) / 10,
        rsi: random.between(0, 100)
      },
      ...more
    })
  }

  #end(identity: Identity, at: number): Made {
    return this.#make('pattern_expired', at, identity)
  }

  #make(event_type: string, at: number, data: object): Made {
    this.#made += 1
    const flow = `chaos-${this.#run}-${this.#made}`
    return {
      flow,
      json: JSON.stringify({ event_type, source: 'TickStockPL', timestamp: at / 1_000, flow_id: flow, data })
    }
  }
}

/** The flow that an event of the log goes back to; of an expiry by the system, none. */
export const flowOf = (id: string): string | undefined => /^chaos-[a-z0-9]+-\d+/.exec(id)?.[0]
