import { type EventFilter, encodeEvent, type LogEntry, type PatternEvent } from '@tickstock/contracts'
import fc from 'fast-check'
import t from 'tap'
import { auditLog } from './audit-log.ts'
import { LivePatterns } from './live-patterns.ts'
import { changeFor, passes } from './matching.ts'
import { ShownPatterns } from './shown-patterns.ts'
import { Truth } from './truth.ts'

const said = fc.record({
  pattern: fc.integer({ min: 1, max: 3 }),
  kind: fc.constantFrom('pattern_detected' as const, 'pattern_updated' as const, 'pattern_expired' as const),
  moment: fc.integer({ min: 1, max: 8 }),
  confidence: fc.constantFrom<number>(0.5, 0.7, 0.9)
})

const filters = fc.record({ symbols: fc.subarray(['S1', 'S2', 'S3']), confidence_min: fc.constantFrom(0, 0.6, 0.8) })

type Said = typeof said extends fc.Arbitrary<infer Value> ? Value : never

function eventOf({ pattern, kind, moment, confidence }: Said, offset: number): PatternEvent {
  const identity = {
    id: `p${pattern}`,
    symbol: `S${pattern}`,
    pattern: 'Doji',
    channel: 'daily' as const,
    timeframe: 'daily',
    detected_at: 0
  }
  const about = { id: `e${offset}`, published_at: moment }
  if (kind === 'pattern_expired') return { ...about, kind, pattern: identity }
  const values = { confidence, price: null, change: null, indicators: {}, expires_at: 1e12, synthetic: false }
  return { ...about, kind, pattern: { ...identity, ...values, updated_at: moment } }
}

const entryOf = (event: PatternEvent, offset: number, more: Partial<LogEntry> = {}): LogEntry => ({
  epoch: 'a',
  offset,
  appendedAt: offset,
  ...encodeEvent(event),
  ...more
})

t.test('what is sent, by what it is said to change, keeps the patterns that live and match', async () => {
  fc.assert(
    fc.property(fc.array(said, { maxLength: 30 }), filters, (all, filter: EventFilter) => {
      const truth = new Truth()
      truth.begin('daily', 'a', 0)
      const live = new LivePatterns()
      const shown = new ShownPatterns('daily', truth)
      shown.begin()
      shown.complete({ epoch: 'a', offset: 0 }, 0)
      all.forEach((one, index) => {
        const event = eventOf(one, index + 1)
        const entry = entryOf(event, index + 1)
        truth.note('daily', entry)
        const change = changeFor(filter, event, live.apply(entry))
        if (change !== undefined) shown.apply(event, change)
        shown.compare(entry, [{ number: 1, askedAt: 0, answeredAt: 0, filter }])
      })
      const count = [...live.patterns()].filter(pattern => passes(pattern, filter)).length
      return [...shown.differences()].length === 0 && count <= 3
    }),
    { numRuns: 2_000 }
  )
})

t.test('says what an event changes for a filter', async t => {
  const filter = { confidence_min: 0.8 }
  const live = new LivePatterns()
  const changes = (
    [
      ['pattern_detected', 1, 0.5],
      ['pattern_updated', 3, 0.9],
      ['pattern_updated', 4, 0.9],
      ['pattern_updated', 2, 0.9],
      ['pattern_updated', 5, 0.5],
      ['pattern_expired', 6, 0],
      ['pattern_expired', 6, 0],
      ['pattern_updated', 7, 0.9],
      ['pattern_expired', 8, 0]
    ] as const
  ).map(([kind, moment, confidence], index) => {
    const event = eventOf({ pattern: 1, kind, moment, confidence }, index + 1)
    return changeFor(filter, event, live.apply(entryOf(event, index + 1)))
  })

  t.same(changes, [undefined, 'entered', 'updated', 'late', 'left', undefined, 'late', 'entered', 'left'])
})

t.test('finds an entry of the log that says otherwise what its event changed', async t => {
  const detected = eventOf({ pattern: 1, kind: 'pattern_detected', moment: 2, confidence: 0.5 }, 1)
  const updated = eventOf({ pattern: 1, kind: 'pattern_updated', moment: 3, confidence: 0.9 }, 2)
  const old = eventOf({ pattern: 1, kind: 'pattern_updated', moment: 1, confidence: 0.9 }, 3)
  const found = (second: Partial<LogEntry>, third: Partial<LogEntry>) => {
    const truth = new Truth()
    truth.begin('daily', 'a', 0)
    truth.note('daily', entryOf(detected, 1))
    truth.note('daily', entryOf(updated, 2, second))
    truth.note('daily', entryOf(old, 3, third))
    return auditLog(truth, []).map(({ kind }) => kind)
  }

  t.same(found({ before: { confidence: 0.5 } }, { late: true }), [])
  t.same(found({}, { late: true }), ['log_broken'])
  t.same(found({ before: { confidence: 0.6 } }, { late: true }), ['log_broken'])
  t.same(found({ before: { confidence: 0.5 } }, { before: { confidence: 0.9 } }), ['log_broken'])
})
