import type { EventMessage } from '@tickstock/contracts'

/** An event message of the usual size, about 500 bytes. */
export function messageOf(now: number): EventMessage {
  return {
    type: 'event',
    feed: 'f0f0f0f0f0f0',
    epoch: 'e0e0e0e0',
    offset: 123_456,
    previous: 123_455,
    at: now,
    event: {
      id: 'load-1700000000000-123456',
      kind: 'pattern_detected',
      published_at: now,
      pattern: {
        id: 'LOAD123:Bull_Flag:daily:1700000000000',
        symbol: 'LOAD123',
        pattern: 'Bull_Flag',
        channel: 'daily',
        timeframe: 'daily',
        detected_at: now,
        confidence: 0.87,
        price: 150.25,
        change: 2.3,
        indicators: { relative_strength: 1.4, relative_volume: 2.1, rsi: 61 },
        expires_at: now + 3_600_000,
        updated_at: now,
        synthetic: false
      }
    }
  }
}

export const frameOf = (now: number): string => JSON.stringify(messageOf(now))
