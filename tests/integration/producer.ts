import { type Channel, INBOX_KEY, producerChannel } from '@tickstock/contracts'
import type { RedisClient } from '@tickstock/event-log'

/** An event as TickStockPL publishes it; `n` makes it one of its own. */
export function producerEvent(n: number, now = Date.now()): string {
  return JSON.stringify({
    event_type: 'pattern_detected',
    source: 'TickStockPL',
    timestamp: now / 1000,
    flow_id: `flow-${n}`,
    data: {
      symbol: `SYM${n % 50}`,
      pattern: n % 2 === 0 ? 'Bull_Flag' : 'Doji',
      confidence: 0.5 + (n % 50) / 100,
      current_price: 150.25,
      price_change: 2.3,
      timestamp: (now + n) / 1000,
      expires_at: now / 1000 + 3_600,
      indicators: { relative_strength: 1.4, relative_volume: 2.1, rsi: 61 },
      source: 'daily'
    }
  })
}

/** By pub/sub: at most once. @returns how many were listening */
export const publish = (redis: RedisClient, channel: Channel, event: string): Promise<number> =>
  redis.publish(producerChannel(channel), event)

/** Into the inbox: durable. */
export const post = (redis: RedisClient, channel: Channel, event: string): Promise<string | null> =>
  redis.xadd(INBOX_KEY, '*', 'channel', channel, 'event', event)
