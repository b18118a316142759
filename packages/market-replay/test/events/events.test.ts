import { Value } from '@sinclair/typebox/value'
import { ProducerEvent, ProducerPattern } from '@tickstock/contracts'
import t from 'tap'
import { flowId } from '../../src/events/flow-id.ts'
import { tickStockEvent } from '../../src/events/tickstock-event.ts'
import { LIFETIMES, TimeMap } from '../../src/events/time-map.ts'
import { SHAPES, varied } from '../../src/events/variety.ts'
import type { FoundPattern, Occurrence } from '../../src/market/found-pattern.ts'
import { detection } from '../../src/market/track.ts'

const found: FoundPattern = {
  symbol: 'AAPL',
  synthetic: true,
  pattern: 'Hammer',
  channel: 'daily',
  timeframe: 'daily',
  hit: {
    direction: 'bullish',
    confidence: 0.87654321,
    levels: { support_level: 98 },
    stop: 98,
    description: 'a hammer'
  },
  barTime: Date.UTC(2018, 3, 24),
  quote: {
    price: 100.123456,
    change: 1.23456,
    indicators: { rsi: 31.25, relative_strength: 1.4, relative_volume: 2.1 }
  },
  atr: 2,
  validFor: 3
}
const detected: Occurrence = detection(found)
const updated: Occurrence = { ...detected, kind: 'pattern_updated', revision: 1 }
const now = Date.UTC(2030, 0, 1)
const event = tickStockEvent(
  detected,
  { publishedAt: now + 500, detectedAt: now, expiresAt: now + 900_000 },
  'f5e6b6a8-6b1b-8f65-a9cf-2f2a4d1b8a11'
)

t.test("an event has TickStockPL's shape", async t => {
  t.same(event, {
    event_type: 'pattern_detected',
    source: 'TickStockPL',
    timestamp: 1893456000.5,
    flow_id: 'f5e6b6a8-6b1b-8f65-a9cf-2f2a4d1b8a11',
    data: {
      symbol: 'AAPL',
      pattern: 'Hammer',
      confidence: 0.8765,
      current_price: 100.1235,
      price_change: 1.23,
      timestamp: 1893456000,
      expires_at: 1893456900,
      timeframe: 'daily',
      indicators: { rsi: 31.25, relative_strength: 1.4, relative_volume: 2.1, support_level: 98 },
      source: 'daily',
      description: 'a hammer',
      synthetic: true,
      replayed_from: '2018-04-24T00:00:00.000Z'
    }
  })
  t.ok(Value.Check(ProducerEvent, event))
  t.ok(Value.Check(ProducerPattern, event.data))
})

t.test('a flow id is a UUID of its parts', async t => {
  t.match(flowId('a', 1), /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  t.equal(flowId('a', 1), flowId('a', 1))
  t.not(flowId('a', 1), flowId('a', 2))
  t.not(flowId('ab', 'c'), flowId('a', 'bc'))
})

t.test(
  'later events keep the detection time, and none is told of a pattern that is gone or was never told',
  async t => {
    const times = new TimeMap()

    t.equal(times.timesOf(updated, now), undefined)
    t.same(times.timesOf(detected, now), { publishedAt: now, detectedAt: now, expiresAt: now + LIFETIMES.daily })
    t.match(times.timesOf(updated, now + 1000), { publishedAt: now + 1000, detectedAt: now })
    t.equal(times.timesOf(updated, now + LIFETIMES.daily), undefined)
  }
)

t.test('equal patterns never share a detection time', async t => {
  const times = new TimeMap()
  const next = () => times.timesOf(detection({ ...found }), now)?.detectedAt

  t.same([next(), next(), next()], [now, now + 1, now + 2])
})

t.test('the variants take turns and each says the same in another way', async t => {
  const shapes = Object.values(SHAPES)

  t.same(varied(event, 0), event)
  t.same(varied(event, shapes.length), event)
  t.match(varied(event, 1), { data: { data: { symbol: 'AAPL' } } })
  t.match(varied(event, 2), {
    symbol: 'AAPL',
    event_type: 'pattern_detected',
    flow_id: event.flow_id,
    timestamp: 1893456000
  })
  t.match(varied(event, 3), { data: { pattern_name: 'Hammer', pattern: undefined } })
  t.match(varied(event, 4), { timestamp: 1893456000500, data: { timestamp: 1893456000000, expires_at: 1893456900000 } })
  t.match(varied(event, 5), { data: { timestamp: '2030-01-01T00:00:00.000Z' } })
  t.match(varied(event, 6), { data: { tier: 'DAILY', timeframe: 'DAILY', source: undefined } })
  t.match(varied(event, 7), { data: { indicators: undefined } })
  for (const shape of shapes) t.ok(Value.Check(ProducerEvent, shape(event)))
})
