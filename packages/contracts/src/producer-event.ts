import { type Static, Type } from '@sinclair/typebox'

/** Times as producers write them: seconds (float), milliseconds (integer) or ISO 8601 text. */
export const ProducerTime = Type.Union([Type.Number(), Type.String()])

export type ProducerTime = Static<typeof ProducerTime>

const loose = { additionalProperties: true }

/**
 * What a producer says of a pattern. Field names and cases vary between releases of producers; the ingest understands all of these.
 * Missing numbers are missing, not zero.
 */
export const ProducerPattern = Type.Object(
  {
    symbol: Type.String(),
    pattern: Type.Optional(Type.String()),
    pattern_name: Type.Optional(Type.String()),
    pattern_type: Type.Optional(Type.String()),
    confidence: Type.Optional(Type.Number()),
    current_price: Type.Optional(Type.Number()),
    price: Type.Optional(Type.Number()),
    price_change: Type.Optional(Type.Number()),
    timestamp: Type.Optional(ProducerTime),
    detected_at: Type.Optional(ProducerTime),
    expires_at: Type.Optional(ProducerTime),
    timeframe: Type.Optional(Type.String()),
    source: Type.Optional(Type.String()),
    tier: Type.Optional(Type.String()),
    indicators: Type.Optional(Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()])),
    synthetic: Type.Optional(Type.Boolean()),
    replayed_from: Type.Optional(ProducerTime)
  },
  loose
)

export type ProducerPattern = Static<typeof ProducerPattern>

/** The envelope: the pattern stands in `data`, in `data.data`, or in the envelope itself. */
export const ProducerEvent = Type.Object(
  {
    event_type: Type.Optional(Type.String()),
    source: Type.Optional(Type.String()),
    timestamp: Type.Optional(ProducerTime),
    flow_id: Type.Optional(Type.Union([Type.String(), Type.Null()])),
    data: Type.Optional(Type.Record(Type.String(), Type.Unknown()))
  },
  loose
)

export type ProducerEvent = Static<typeof ProducerEvent>
