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

/** Events in a producer's shape, each a flow of its own. */
export class ProducerEvents {
  readonly #random: Randomness
  readonly #run: string
  readonly #life: readonly [least: number, most: number]
  #made = 0

  /** @param life of a pattern, seconds: at least, and at most */
  constructor(random: Randomness, life: readonly [least: number, most: number]) {
    this.#random = random
    this.#life = life
    this.#run = random.fork('run').between(0, 0xff_ff_ff_ff).toString(36)
  }

  /** @param now ms @param isMarker it is an event of the marker */
  next(channel: Channel, now: number, isMarker = false): { readonly flow: string; readonly json: string } {
    const random = this.#random
    this.#made += 1
    const flow = `chaos-${this.#run}-${this.#made}`
    const lifeSeconds = random.chance(SHORT_LIVED) ? random.between(1, 5) : random.between(...this.#life)
    const json = JSON.stringify({
      event_type: random.chance(0.2) ? 'pattern_updated' : 'pattern_detected',
      source: 'TickStockPL',
      timestamp: now / 1_000,
      flow_id: flow,
      data: {
        symbol: random.pick(SYMBOLS),
        pattern: random.pick(PATTERNS),
        confidence: random.between(400, 1_000) / 1_000,
        current_price: random.between(500, 50_000) / 100,
        price_change: random.between(-50, 50) / 10,
        timestamp: now / 1_000 + this.#made / 1e6,
        expires_at: now / 1_000 + lifeSeconds,
        timeframe: random.pick(TIMEFRAMES[channel]),
        source: channel,
        indicators: {
          relative_strength: random.between(0, 30) / 10,
          relative_volume: random.between(0, 50) / 10,
          rsi: random.between(0, 100)
        },
        ...(isMarker && MARKED)
      }
    })
    return { flow, json }
  }
}

/** What an event of the marker says: it passes every threshold, and has the first of the pattern types. */
const MARKED = {
  symbol: MARKER,
  pattern: PATTERNS[0],
  confidence: 1,
  indicators: { relative_strength: 3, relative_volume: 5, rsi: 50 }
} as const

/** The flow that an event of the log goes back to; of an expiry by the system, none. */
export const flowOf = (id: string): string | undefined => /^chaos-[a-z0-9]+-\d+/.exec(id)?.[0]
