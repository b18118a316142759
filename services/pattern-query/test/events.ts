import type { LogEntry, Pattern, PatternEvent } from '@tickstock/contracts'
import { pino } from 'pino'
import { identityOf } from '../src/domain/view/pattern-view.ts'

export const silent = pino({ level: 'silent' })

/** A live pattern, as the log has it. */
export function patternOf(over: Partial<Pattern> = {}): Pattern {
  const base = { symbol: 'AAPL', pattern: 'Doji', timeframe: 'daily', detected_at: 1_700_000_000_000, ...over }
  return {
    id: `${base.symbol}:${base.pattern}:${base.timeframe}:${base.detected_at}`,
    channel: 'daily',
    confidence: 0.5,
    price: null,
    change: null,
    indicators: {},
    expires_at: base.detected_at + 3_600_000,
    updated_at: 0,
    synthetic: false,
    ...base
  }
}

export const detected = (pattern: Pattern, id = pattern.id): PatternEvent => ({
  id,
  published_at: pattern.updated_at,
  kind: 'pattern_detected',
  pattern
})

export const expired = (pattern: Pattern): PatternEvent => ({
  id: `x${pattern.id}`,
  published_at: pattern.updated_at,
  kind: 'pattern_expired',
  pattern: identityOf(pattern)
})

export const entryOf = (offset: number, event: PatternEvent, epoch = 'first', appendedAt = 0): LogEntry => ({
  epoch,
  offset,
  appendedAt,
  event,
  json: JSON.stringify(event)
})

/** What a producer publishes, with its own flow_id. Lives an hour from now. */
export const published = (flowId: string, over: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({
    event_type: 'pattern_detected',
    source: 'TickStockPL',
    timestamp: Date.now() / 1000,
    flow_id: flowId,
    data: {
      symbol: 'AAPL',
      pattern: 'Bull_Flag',
      confidence: 0.85,
      current_price: 150.25,
      timestamp: 1_753_108_200_123,
      indicators: { relative_strength: 1.4, relative_volume: 2.1, rsi: 61 },
      ...over
    }
  })
