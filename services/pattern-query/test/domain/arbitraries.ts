import { CHANNELS, type Channel, type Pattern, patternId, type ScanSort } from '@tickstock/contracts'
import fc from 'fast-check'
import type { PatternQuery } from '../../src/domain/query.ts'

const optional = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined, freq: 3 })

/** Few values, so that patterns are equal in most of what they can be sorted by. */
const ratio = fc.constantFrom(0, 0.5, 1, 1.5, 2)

export const patternWith = (channel: fc.Arbitrary<Channel>): fc.Arbitrary<Pattern> =>
  fc
    .record({
      symbol: fc.constantFrom('AAPL', 'MSFT', 'BRK.B', '^GSPC', 'TSLA'),
      pattern: fc.constantFrom('Doji', 'Bull_Flag', 'doji'),
      channel,
      timeframe: fc.constantFrom('daily', '5min', '1h'),
      detected_at: fc.integer({ min: 1_700_000_000_000, max: 1_700_000_000_007 }),
      confidence: fc.constantFrom(0, 0.25, 0.5, 0.9, 1),
      price: fc.constant(100),
      change: fc.constant(null),
      rs: optional(ratio),
      volume: optional(ratio),
      rsi: optional(fc.constantFrom(0, 30, 50, 70, 100)),
      expires_at: fc.integer({ min: 1_700_000_100_000, max: 1_700_000_100_009 })
    })
    .map(({ rs, volume, rsi, ...rest }) => ({
      ...rest,
      id: patternId(rest),
      indicators: {
        ...(rs === undefined ? {} : { relative_strength: rs }),
        ...(volume === undefined ? {} : { relative_volume: volume }),
        ...(rsi === undefined ? {} : { rsi })
      },
      updated_at: rest.detected_at,
      synthetic: false
    }))

export const anyChannel = fc.constantFrom(...CHANNELS)

const from = (min: number) => ({ min, max: Number.POSITIVE_INFINITY })

export const scanQuery: fc.Arbitrary<PatternQuery> = fc
  .record({
    pattern_types: optional(fc.subarray(['bull_flag', 'doji', 'unheard_of'], { minLength: 1 })),
    symbols: optional(fc.subarray(['AAPL', 'BRK.B', 'NONE', 'TSLA'], { minLength: 1 })),
    watched: fc.option(fc.subarray(['AAPL', 'MSFT', 'NONE']), { nil: undefined, freq: 5 }),
    sectors: fc.option(fc.subarray(['consumer cyclical', 'technology'], { minLength: 1 }), { nil: undefined, freq: 5 }),
    timeframe: optional(fc.constantFrom(...CHANNELS, '1h', '5min', '2min')),
    confidence: optional(fc.constantFrom(0, 0.25, 0.6, 1)),
    rs: optional(ratio),
    volume: optional(ratio),
    rsi: optional(fc.constantFrom([0, 100], [30, 50], [51, 69])),
    sortBy: fc.constantFrom<ScanSort[]>('confidence', 'detected_at', 'symbol', 'rs', 'volume'),
    descending: fc.boolean(),
    perPage: fc.integer({ min: 1, max: 20 })
  })
  .map(({ pattern_types, symbols, watched, sectors, timeframe, confidence, rs, volume, rsi, ...rest }) => ({
    ...(pattern_types ? { pattern_types } : {}),
    ...(symbols ? { symbols } : {}),
    ...(watched ? { watched } : {}),
    ...(sectors ? { sectors } : {}),
    ...(timeframe ? { timeframes: [timeframe] } : {}),
    ranges: {
      ...(confidence === undefined ? {} : { confidence: from(confidence) }),
      ...(rs === undefined ? {} : { rs: from(rs) }),
      ...(volume === undefined ? {} : { volume: from(volume) }),
      ...(rsi ? { rsi: { min: rsi[0] ?? 0, max: rsi[1] ?? 0 } } : {})
    },
    view: 'full' as const,
    page: 1,
    ...rest
  }))
