import { type Static, Type } from '@sinclair/typebox'
import { PerChannel } from '../channels.ts'
import { Pattern } from '../pattern.ts'
import { Positions } from '../position.ts'
import { Problem } from '../problems.ts'
import type { Route } from '../route.ts'

const tags = ['patterns']

const refusals = { 401: Problem, 429: Problem, 503: Problem }

const freshness = {
  stale: Type.Boolean(),
  as_of: Type.Integer({ description: 'When the view last heard from the log, ms' })
}

const Count = Type.Object({ name: Type.String(), count: Type.Integer() })

export const PatternSummary = Type.Object({
  total: Type.Integer(),
  high_confidence: Type.Integer({ description: 'Patterns with a confidence of at least 0.8' }),
  by_channel: PerChannel(Type.Integer()),
  by_type: Type.Array(Count, { description: 'Most frequent first' }),
  by_timeframe: Type.Array(Count),
  by_sector: Type.Array(Count, { description: 'Empty while the sectors are not known' }),
  by_symbol: Type.Array(Count, { description: 'The 50 symbols with the most patterns' }),
  top: Type.Object({
    confidence: Type.Array(Pattern, { description: 'The ten of the highest confidence' }),
    relative_strength: Type.Array(Pattern),
    relative_volume: Type.Array(Pattern),
    newest: Type.Array(Pattern)
  }),
  positions: Positions,
  ...freshness
})

export type PatternSummary = Static<typeof PatternSummary>

export const summarisePatterns = {
  method: 'GET',
  url: '/api/patterns/summary',
  schema: {
    summary: 'Live patterns, counted',
    tags,
    response: { 200: PatternSummary, 304: Type.Null(), ...refusals }
  }
} as const satisfies Route

export const PatternTypes = Type.Object({
  types: Type.Array(
    Type.Object({
      name: Type.String(),
      short: Type.String({ description: 'As `view=display` shows it' }),
      count: Type.Integer({ description: 'Live now' }),
      confidence: Type.Number({ description: 'Their mean' })
    }),
    { description: 'Those that live now, by name' }
  )
})

export type PatternTypes = Static<typeof PatternTypes>

export const listPatternTypes = {
  method: 'GET',
  url: '/api/patterns/types',
  schema: {
    summary: 'Pattern types that live now',
    tags,
    response: { 200: PatternTypes, 304: Type.Null(), ...refusals }
  }
} as const satisfies Route

export const PatternStats = Type.Object({
  live: Type.Integer(),
  by_channel: PerChannel(Type.Integer()),
  positions: Type.Union([Positions, Type.Null()]),
  ingest: Type.Object({
    received: Type.Integer({ description: 'Payloads that came in, since this replica started' }),
    appended: Type.Integer(),
    duplicates: Type.Integer(),
    dead_letters: Type.Integer(),
    lost: Type.Integer({ description: 'Pub/sub payloads that found no room' }),
    late: Type.Integer({ description: 'Events older than what was known of their pattern' }),
    queued: Type.Integer(),
    per_second: Type.Number({ description: 'Received, mean of the last minute' })
  }),
  scans: Type.Object({
    answered: Type.Integer(),
    remembered: Type.Integer({ description: 'Answered from memory of an equal scan' })
  }),
  evicted: Type.Integer(),
  uptime_ms: Type.Integer(),
  ...freshness
})

export type PatternStats = Static<typeof PatternStats>

export const patternStats = {
  method: 'GET',
  url: '/api/patterns/stats',
  schema: { summary: 'What this replica holds and has done', tags, response: { 200: PatternStats, ...refusals } }
} as const satisfies Route

/** Milliseconds of requests to one route. */
const Latency = Type.Object({
  method: Type.String(),
  route: Type.String(),
  count: Type.Integer(),
  errors: Type.Integer({ description: 'Answers of 500 and above' }),
  mean_ms: Type.Number(),
  p50_ms: Type.Number(),
  p95_ms: Type.Number(),
  p99_ms: Type.Number(),
  max_ms: Type.Number()
})

export const PatternPerformance = Type.Object({
  window: Type.Object({
    requests: Type.Integer({
      description: 'Requests that the figures are of: the newest in `api_performance`, of all replicas'
    }),
    from: Type.Union([Type.Integer(), Type.Null()]),
    to: Type.Union([Type.Integer(), Type.Null()])
  }),
  routes: Type.Array(Latency)
})

export type PatternPerformance = Static<typeof PatternPerformance>

export const patternPerformance = {
  method: 'GET',
  url: '/api/patterns/performance',
  schema: {
    summary: 'How long requests took lately',
    description: 'From the list `api_performance` in Redis.',
    tags,
    response: { 200: PatternPerformance, ...refusals }
  }
} as const satisfies Route

export const PatternHealth = Type.Object({
  status: Type.Union([Type.Literal('healthy'), Type.Literal('stale')]),
  live: Type.Integer(),
  listening: Type.Boolean({ description: 'Whether producers are heard' }),
  log_lag_ms: Type.Union([Type.Integer(), Type.Null()], {
    description: 'Since the log was last read; null before that'
  }),
  sectors: Type.Union([Type.Literal('known'), Type.Literal('old'), Type.Literal('unknown')]),
  ...freshness
})

export type PatternHealth = Static<typeof PatternHealth>

export const patternHealth = {
  method: 'GET',
  url: '/api/patterns/health',
  schema: {
    summary: 'Whether answers can be relied upon',
    description: 'Answers 200 while it can answer scans, stale ones too; 503 before.',
    tags,
    response: { 200: PatternHealth, 503: Problem }
  }
} as const satisfies Route
