import assert from 'node:assert/strict'
import { CHANNELS, type Channel, type Pattern, type Position } from '@tickstock/contracts'
import fc from 'fast-check'
import t from 'tap'
import type { PatternQuery } from '../../../src/domain/query.ts'
import { PatternView } from '../../../src/domain/view/pattern-view.ts'
import { detected, entryOf as entry, expired, patternOf as pattern } from '../../events.ts'
import { anyChannel, patternWith, scanQuery } from '../arbitraries.ts'
import { naiveScan, SECTORS } from '../naive-scan.ts'

const BEGIN: Position = { epoch: 'first', offset: 0 }
const EVERYTHING: PatternQuery = {
  view: 'full',
  ranges: {},
  sortBy: 'confidence',
  descending: true,
  page: 1,
  perPage: 100
}

const emptyView = (maxLivePatterns = 1000) => {
  const view = new PatternView({ maxLivePatterns })
  for (const channel of ['daily', 'intraday', 'combo'] as const) view.reset(channel, [], BEGIN)
  return view
}

const idsOf = (view: PatternView, slots: readonly number[]): string[] =>
  slots.map(slot => JSON.parse(view.rowAt(slot)).id)

const allPages = (view: PatternView, query: PatternQuery): string[] => {
  const ids: string[] = []
  for (let page = 1; ; page++) {
    const { slots } = view.scan({ ...query, page })
    if (slots.length === 0) return ids
    ids.push(...idsOf(view, slots))
  }
}

t.test(
  'a scan is what filtering and sorting everything gives, whatever came and went before, page after page',
  async () => {
    const step = fc.record({
      pattern: patternWith(anyChannel),
      kind: fc.constantFrom('put', 'put', 'put', 'expire', 'scan', 'reset'),
      query: scanQuery
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), scanQuery, (steps, last) => {
        const view = emptyView()
        view.setSectors(new Map([['AAPL', 'energy']]))
        const model = new Map<string, Pattern>()
        const offsets = new Map<Channel, number>()
        const check = (query: PatternQuery) => {
          view.setSectors(SECTORS)
          const expected = naiveScan(model.values(), query)
          assert.equal(view.scan(query).total, expected.length)
          assert.deepEqual(
            allPages(view, query),
            expected.map(({ id }) => id)
          )
        }
        for (const [index, { kind, pattern: given, query }] of steps.entries()) {
          // Which of two channels' words on one pattern counts is the fold's: here each pattern has one channel.
          const channel = CHANNELS[given.detected_at % CHANNELS.length] ?? 'daily'
          const pattern = { ...given, channel, updated_at: index }
          const offset = (offsets.get(channel) ?? 0) + 1
          if (kind === 'scan') check(query)
          else if (kind === 'reset') {
            for (const live of [...model.values()]) if (live.channel === channel) model.delete(live.id)
            view.reset(channel, [], { epoch: 'first', offset: offset - 1 })
          } else {
            offsets.set(channel, offset)
            view.apply(channel, [entry(offset, kind === 'put' ? detected(pattern) : expired(pattern))])
            if (kind === 'put') model.set(pattern.id, pattern)
            else model.delete(pattern.id)
          }
        }
        check(last)
        assert.equal(view.size, model.size)
      }),
      { numRuns: 300 }
    )
  }
)

t.test('many patterns of few names match by bits as few do by sets', async t => {
  const view = emptyView(5000)
  const patterns = Array.from({ length: 3000 }, (_, index) =>
    pattern({
      symbol: `S${index % 7}`,
      pattern: `P${index % 3}`,
      detected_at: 1_700_000_000_000 + index,
      confidence: (index % 101) / 100,
      indicators: { rsi: index % 100, ...(index % 2 ? { relative_strength: index % 11 } : {}) }
    })
  )
  view.apply(
    'daily',
    patterns.map((each, index) => entry(index + 1, detected(each)))
  )

  for (const query of [
    { ...EVERYTHING, pattern_types: ['p1'] },
    { ...EVERYTHING, patterns: ['p1'], symbols: ['S3'], sortBy: 'detected_at' as const },
    { ...EVERYTHING, symbols: ['S3'], ranges: { rs: { min: 5, max: 9 } }, sortBy: 'rs' as const, descending: false },
    { ...EVERYTHING, ranges: { confidence: { min: 0.99, max: 1 } }, sortBy: 'symbol' as const },
    { ...EVERYTHING, ranges: { confidence: { min: 0.03, max: 1 }, rsi: { min: 1, max: 98 } } },
    { ...EVERYTHING, patterns: ['p1'], ranges: { confidence: { min: 0.03, max: 1 }, rsi: { min: 1, max: 98 } } },
    { ...EVERYTHING, ranges: { confidence: { min: 0.5, max: 1 }, rsi: { min: 40, max: 90 } }, page: 2 }
  ]) {
    t.same(
      allPages(view, query),
      naiveScan(patterns, query).map(({ id }) => id)
    )
  }

  view.apply(
    'daily',
    patterns.map((each, index) => entry(3001 + index, expired(each)))
  )
  t.equal(view.size, 0)
  t.match(view.scan({ ...EVERYTHING, pattern_types: ['p1'] }), { total: 0, slots: [] })
})

t.test('thousands of patterns that move are found by bits as they are one by one', async () => {
  const COUNT = 2_500
  const spread = fc
    .tuple(patternWith(fc.constant('daily')), fc.nat(1_000), fc.nat(1_000))
    .map(([pattern, confidence, rs]) => ({
      ...pattern,
      confidence: confidence / 1_000,
      indicators: { ...pattern.indicators, ...(rs % 7 === 0 ? {} : { relative_strength: rs / 500 }) }
    }))
  const asked = fc.tuple(scanQuery, fc.nat(1_000), fc.nat(1_000)).map(
    ([query, confidence, rs]): PatternQuery => ({
      ...query,
      ranges: {
        ...query.ranges,
        ...(confidence % 3 === 0 ? {} : { confidence: { min: confidence / 1_000, max: Number.POSITIVE_INFINITY } }),
        ...(rs % 3 === 0 ? {} : { rs: { min: rs / 1_000, max: 1 + rs / 1_000 } })
      }
    })
  )
  const view = emptyView(10 * COUNT)
  view.setSectors(SECTORS)
  const model = new Map<string, Pattern>()
  let offset = 0
  const put = (given: Pattern) => {
    const detected_at = given.detected_at + (offset % COUNT)
    const pattern = { ...given, detected_at, id: `${given.symbol}:p:t:${offset % COUNT}`, updated_at: ++offset }
    view.apply('daily', [entry(offset, detected(pattern))])
    model.set(pattern.id, pattern)
  }
  for (const pattern of fc.sample(spread, COUNT)) put(pattern)

  for (const query of fc.sample(asked, 150)) {
    for (const pattern of fc.sample(spread, 3)) put(pattern)
    const expected = naiveScan(model.values(), query)
    assert.equal(view.scan(query).total, expected.length)
    assert.deepEqual(
      idsOf(view, view.scan({ ...query, page: 2 }).slots),
      expected.slice(query.perPage, 2 * query.perPage).map(({ id }) => id)
    )
  }
})

t.test('an entry that was applied before changes nothing', async t => {
  const view = emptyView()
  const first = pattern()
  view.apply('daily', [entry(1, detected(first)), entry(2, expired(first))])
  const { version } = view

  view.apply('daily', [entry(1, detected(first))])

  t.equal(view.size, 0)
  t.equal(view.version, version)
  t.same(view.positions?.daily, { epoch: 'first', offset: 2 })
})

t.test('an entry of another epoch is not applied: the channel must be rebuilt', async t => {
  t.throws(() => emptyView().apply('daily', [entry(1, detected(pattern()), 'second')]), RangeError)
  t.throws(() => new PatternView({ maxLivePatterns: 1 }).apply('daily', [entry(1, detected(pattern()))]), RangeError)
})

t.test('the positions are known when every channel is', async t => {
  const view = new PatternView({ maxLivePatterns: 1 })
  t.equal(view.positions, undefined)
  view.reset('daily', [], BEGIN)
  t.equal(view.positions, undefined)
  t.same(view.positionOf('daily'), BEGIN)
})

t.test('one pattern is found by its id, in its newest form', async t => {
  const view = emptyView()
  view.apply('daily', [entry(1, detected(pattern())), entry(2, detected(pattern({ confidence: 0.7 })))])

  t.equal(view.row(pattern().id), JSON.stringify(pattern({ confidence: 0.7 })))
  t.equal(view.row('unheard of'), undefined)
})

t.test('patterns are due in order of their expiry, and again if no expiry comes from the log', async t => {
  const view = emptyView()
  const early = pattern({ symbol: 'EARLY', expires_at: 100 })
  const late = pattern({ symbol: 'LATE', expires_at: 200 })
  view.apply('daily', [entry(1, detected(late)), entry(2, detected(early))])

  t.equal(view.nextDue, 100)
  t.same(view.takeDue(99, 150, 10), [])
  t.same(view.takeDue(100, 150, 10), [{ pattern: early, attempt: 0 }])
  t.equal(view.size, 2, 'it stays until the log says so')
  t.same(view.takeDue(200, 300, 1), [{ pattern: early, attempt: 1 }], 'no more than asked for')
  t.same(view.takeDue(200, 300, 10), [{ pattern: late, attempt: 0 }])

  view.apply('daily', [entry(3, expired(early)), entry(4, expired(late)), entry(5, expired(late))])
  t.equal(view.nextDue, undefined)
})

t.test('beyond the limit the oldest detection is due at once, and counted', async t => {
  const view = emptyView(2)
  const [oldest, middle, newest] = [3, 5, 9].map(detected_at => pattern({ detected_at, expires_at: 1000 }))
  t.ok(oldest && middle && newest)
  if (!oldest || !middle || !newest) return

  view.apply('daily', [entry(1, detected(middle)), entry(2, detected(oldest)), entry(3, detected(newest))])

  t.same(view.takeDue(10, 20, 10), [{ pattern: oldest, attempt: 0 }])
  t.equal(view.evicted, 1)
})

t.test('what is beyond the limit, and whose expiry is on its way, is not due once more', async t => {
  const view = emptyView(2)
  const over = pattern({ detected_at: 3, expires_at: 10 })
  const others = [5, 9].map(detected_at => detected(pattern({ detected_at, expires_at: 1000 })))
  view.apply('daily', [entry(1, detected(over))])
  t.same(view.takeDue(10, 20, 10), [{ pattern: over, attempt: 0 }])

  view.apply(
    'daily',
    others.map((event, index) => entry(2 + index, event))
  )

  t.same(view.takeDue(19, 30, 10), [])
  t.equal(view.evicted, 0, 'it is over, not too much')
  t.same(view.takeDue(20, 30, 10), [{ pattern: over, attempt: 1 }])
})

t.test('patterns come due in order whatever was moved and taken out meanwhile', async () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(20), fc.nat(50), fc.boolean()), { maxLength: 100 }), steps => {
      const view = emptyView()
      const model = new Map<string, number>()
      let offset = 0
      for (const [name, expires_at, put] of steps) {
        const each = pattern({ symbol: `S${name}`, expires_at, updated_at: offset })
        view.apply('daily', [entry(++offset, put ? detected(each) : expired(each))])
        if (put) model.set(each.id, expires_at)
        else model.delete(each.id)
      }
      const due = view.takeDue(50, 1000, 1000)
      assert.deepEqual(
        due.map(({ pattern }) => pattern.expires_at),
        [...model.values()].sort((one, other) => one - other)
      )
    })
  )
})
