import type { Pattern } from '@tickstock/contracts'
import { patternOf } from '../events.ts'

const NAMES = [
  'Bull_Flag',
  'Doji',
  'Hammer',
  'Weekly_Breakout',
  'Volume_Spike',
  'Gap_Fill',
  'Shooting_Star',
  'Engulfing'
]

/** The nth pattern: 500 symbols, eight names, numbers spread over their ranges. */
export const benchPattern = (n: number): Pattern =>
  patternOf({
    symbol: `LOAD${n % 500}`,
    pattern: NAMES[Math.floor(n / 500) % NAMES.length] ?? 'Doji',
    timeframe: n % 3 === 1 ? '5min' : 'daily',
    detected_at: 1_795_385_869_476 + n * 10,
    confidence: (500 + ((n * 7) % 500)) / 1000,
    price: 5 + ((n * 13) % 49_500) / 100,
    change: ((n * 3) % 100) / 10 - 5,
    indicators: {
      relative_strength: ((n * 11) % 30) / 10,
      relative_volume: ((n * 17) % 50) / 10,
      rsi: (n * 19) % 100
    },
    updated_at: 1_795_385_869_476
  })
