import { type Static, Type } from '@sinclair/typebox'
import { Channel } from './channels.ts'

/** Ticker symbols as exchanges write them: `AAPL`, `BRK.B`, `BF-B`, `^GSPC`. */
export const SymbolName = Type.String({
  pattern: '^[A-Z0-9^][A-Z0-9.\\-^=/]{0,15}$',
  description: 'Ticker symbol, upper case'
})

/** Names as the producer gives them: `Bull_Flag`, `Doji`. Compared without regard to case. */
export const PatternName = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9_ .\\-]{0,63}$',
  description: 'Pattern name as the producer gives it'
})

/** Milliseconds since the Unix epoch. */
export const Timestamp = Type.Integer({
  minimum: 0,
  maximum: 8_640_000_000_000_000,
  description: 'Milliseconds since 1970-01-01T00:00Z'
})

/** Numbers that the producer computed from the bars; the three that scans can filter on are named. */
export const Indicators = Type.Object(
  {
    relative_strength: Type.Optional(
      Type.Number({ description: "The symbol's return against the index, as a ratio (1.4 = 40 % stronger)" })
    ),
    relative_volume: Type.Optional(Type.Number({ description: 'Volume against its own mean, as a ratio' })),
    rsi: Type.Optional(
      Type.Number({ minimum: 0, maximum: 100, description: "Wilder's relative strength index, 0 to 100" })
    )
  },
  { additionalProperties: Type.Number() }
)

export type Indicators = Static<typeof Indicators>

const identity = {
  id: Type.String({ minLength: 1, maxLength: 160, description: 'symbol:pattern:timeframe:detected_at' }),
  symbol: SymbolName,
  pattern: PatternName,
  channel: Channel,
  timeframe: Type.String({ minLength: 1, maxLength: 32, description: 'Bar size, lower case: daily, 5min …' }),
  detected_at: Timestamp
}

/** What makes a pattern the same pattern, whatever else is said of it later. */
export const PatternIdentity = Type.Object(identity)

export type PatternIdentity = Static<typeof PatternIdentity>

/** A live chart pattern. */
export const Pattern = Type.Object({
  ...identity,
  confidence: Type.Number({ minimum: 0, maximum: 1, description: '0 to 1' }),
  price: Type.Union([Type.Number(), Type.Null()], {
    description: 'Price at detection, in the currency of the market'
  }),
  change: Type.Union([Type.Number(), Type.Null()], { description: 'Change of the price in percent (2.3 = +2.3 %)' }),
  indicators: Indicators,
  expires_at: Timestamp,
  updated_at: Type.Union([Timestamp], {
    description: 'When the event that says this was published, ms; what was published before it no longer counts'
  }),
  synthetic: Type.Boolean({ description: 'True when the bars behind it are derived, not traded' }),
  replayed_from: Type.Optional(
    Type.Union([Timestamp], {
      description: 'Time of the bar it was found in, when history is replayed as if it were now'
    })
  ),
  extra: Type.Optional(
    Type.Record(Type.String(), Type.Unknown(), {
      description: 'What the producer says besides, as it says it; integers beyond 2^53 as decimal text'
    })
  )
})

export type Pattern = Static<typeof Pattern>

const { relative_strength, relative_volume, rsi } = Indicators.properties

/** The values of a pattern that thresholds of scans and filters are compared with. */
export const ThresholdValues = Type.Object({
  confidence: Pattern.properties.confidence,
  relative_strength,
  relative_volume,
  rsi
})

export type ThresholdValues = Readonly<Static<typeof ThresholdValues>>

export const thresholdValuesOf = ({ confidence, indicators }: Pattern): ThresholdValues => ({
  confidence,
  ...(indicators.relative_strength === undefined ? {} : { relative_strength: indicators.relative_strength }),
  ...(indicators.relative_volume === undefined ? {} : { relative_volume: indicators.relative_volume }),
  ...(indicators.rsi === undefined ? {} : { rsi: indicators.rsi })
})

/** The id of a pattern: readable, and the same wherever it is computed. */
export const patternId = (of: Omit<PatternIdentity, 'id' | 'channel'>): string =>
  `${of.symbol}:${of.pattern}:${of.timeframe}:${of.detected_at}`
