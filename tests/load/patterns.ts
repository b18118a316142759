import { CHANNELS, type Channel, INBOX_KEY } from '@tickstock/contracts'
import type { Redis } from 'ioredis'

const PATTERNS = [
  'Bull_Flag',
  'Doji',
  'Hammer',
  'Weekly_Breakout',
  'Volume_Spike',
  'Gap_Fill',
  'Shooting_Star',
  'Engulfing'
]
const BATCH = 1_000

/** The symbol of the nth pattern: 500 of them. */
export const symbolOf = (n: number): string => `LOAD${n % 500}`

export const patternOf = (n: number): string => PATTERNS[n % PATTERNS.length] ?? 'Doji'

/** The nth event in a producer's shape; numbers spread evenly over their ranges. */
export function producerEvent(n: number, channel: Channel, now: number): string {
  const seconds = now / 1000 - (n % 3_000) / 10
  return JSON.stringify({
    event_type: 'pattern_detected',
    source: 'TickStockPL',
    timestamp: now / 1000,
    flow_id: `load-${now}-${n}`,
    data: {
      symbol: symbolOf(n),
      pattern: patternOf(Math.floor(n / 500)),
      confidence: (500 + ((n * 7) % 500)) / 1000,
      current_price: 5 + ((n * 13) % 49_500) / 100,
      price_change: ((n * 3) % 100) / 10 - 5,
      timestamp: seconds + n / 1e4,
      expires_at: now / 1000 + 3_600,
      timeframe: channel === 'intraday' ? '5min' : 'daily',
      source: channel,
      indicators: {
        relative_strength: ((n * 11) % 30) / 10,
        relative_volume: ((n * 17) % 50) / 10,
        rsi: (n * 19) % 100
      }
    }
  })
}

/** An update of what the nth event of `born` detected: another confidence, and other indicators. */
export function producerUpdate(n: number, channel: Channel, born: number, now: number): string {
  const { data, ...event } = JSON.parse(producerEvent(n, channel, born))
  const spread = (now % 997) / 997
  return JSON.stringify({
    ...event,
    event_type: 'pattern_updated',
    timestamp: now / 1000,
    data: {
      ...data,
      confidence: 0.5 + spread / 2,
      indicators: { ...data.indicators, relative_strength: 3 * spread }
    }
  })
}

/** Puts events into the durable inbox, as a producer that wants none lost would. */
export async function publish(redis: Redis, count: number, now: number, first = 0): Promise<void> {
  for (let done = 0; done < count; done += BATCH) {
    const pipeline = redis.pipeline()
    for (let n = first + done; n < first + Math.min(done + BATCH, count); n++) {
      const channel = CHANNELS[n % CHANNELS.length] ?? 'daily'
      pipeline.xadd(INBOX_KEY, '*', 'channel', channel, 'event', producerEvent(n, channel, now))
    }
    const replies = await pipeline.exec()
    const failed = replies?.find(([error]) => error !== null)
    if (failed) throw failed[0]
  }
}
