import fc from 'fast-check'
import t from 'tap'
import {
  type CanonicalCriteria,
  type Criteria,
  canonicalCriteria,
  criteriaFaults,
  criteriaOf,
  matchesIdentity,
  matchesNumbers,
  rsiBounds,
  SCAN_LIST_LIMIT,
  valuesOf
} from '../src/index.ts'

t.test('lists are repeatable and comma-separated, and blanks do not count', async t => {
  t.same(valuesOf(['AAPL, MSFT', 'TSLA']), ['AAPL', 'MSFT', 'TSLA'])
})

t.test('every fault of criteria is named at its place', async t => {
  t.same(criteriaFaults({ symbols: ['AAPL'], rsi_range: '30,70' }, 'query'), [])
  t.same(criteriaFaults({ symbols: ['AAPL,'], sectors: [' '], rsi_range: '70,30' }, 'body.criteria'), [
    { field: 'body.criteria.symbols', expected: 'values that are not empty' },
    { field: 'body.criteria.sectors', expected: 'values that are not empty' },
    { field: 'body.criteria.rsi_range', expected: 'min,max with 0 <= min <= max <= 100' }
  ])
  t.match(criteriaFaults({ pattern_types: [`${'a,'.repeat(SCAN_LIST_LIMIT)}a`] }, 'query'), [
    { field: 'query.pattern_types', expected: 'at most 1000 values' }
  ])
  t.match(criteriaFaults({ rsi_range: '30,101' }, 'query'), [{ field: 'query.rsi_range' }])
  t.match(criteriaFaults({ timeframe: ' ', timeframes: ['\n', ' '] }, 'query'), [
    { field: 'query.timeframe', expected: 'a value that is not empty' },
    { field: 'query.timeframes', expected: 'text without control characters' },
    { field: 'query.timeframes', expected: 'values that are not empty' }
  ])
})

t.test('a range that has no two ends is none', async t => {
  t.same(rsiBounds('30,70'), { min: 30, max: 70 })
  t.same(rsiBounds('30'), { min: 30, max: Number.NaN })
  t.same(rsiBounds(''), { min: 0, max: Number.NaN })
})

t.test('a scan names one timeframe, and its order is no criterion', async t => {
  t.same(criteriaOf({ timeframe: 'Daily', symbols: ['a'], sort_by: 'rs', sort_order: 'asc' }), {
    symbols: ['a'],
    timeframes: ['Daily']
  })
  t.same(criteriaOf({}), {})
})

t.test('names have one case and order, each once', async t => {
  t.same(
    canonicalCriteria({
      symbols: ['msft,AAPL', ' aapl'],
      sectors: ['Technology', 'ENERGY'],
      pattern_types: ['Doji,Bull_Flag', 'doji'],
      timeframes: ['5Min', ' Daily ']
    }),
    {
      symbols: ['AAPL', 'MSFT'],
      sectors: ['energy', 'technology'],
      pattern_types: ['bull_flag', 'doji'],
      timeframes: ['5min', 'daily'],
      ranges: {}
    }
  )
})

t.test('what constrains nothing is left out', async t => {
  const nothing: readonly Criteria[] = [
    {},
    { symbols: [], sectors: [], pattern_types: [], timeframes: [] },
    { sectors: ['Technology,All'], timeframes: ['ALL', '5min'] },
    { confidence_min: 0, rs_min: 0, vol_min: -0, rsi_range: '0,100' },
    { rsi_range: '00.0,100.00' }
  ]
  for (const criteria of nothing) t.strictSame(canonicalCriteria(criteria), { ranges: {} }, JSON.stringify(criteria))
  t.same(canonicalCriteria({ symbols: ['all'] }).symbols, ['ALL'], 'a ticker')
})

t.test('what constrains a little is kept', async t => {
  const from = (min: number) => ({ min, max: Number.POSITIVE_INFINITY })
  t.strictSame(canonicalCriteria({ confidence_min: 0.01, rs_min: 1e-9, vol_min: 2, rsi_range: '0,99.9' }), {
    ranges: { confidence: from(0.01), rs: from(1e-9), volume: from(2), rsi: { min: 0, max: 99.9 } }
  })
  t.same(canonicalCriteria({ rsi_range: '1,100' }).ranges, { rsi: { min: 1, max: 100 } })
})

const pattern = { symbol: 'AAPL', pattern: 'Bull_Flag', channel: 'combo', timeframe: 'daily' } as const

t.test('a channel word means the channel, also where a bar size has the same name', async t => {
  const passes = (...timeframes: string[]) => matchesIdentity(canonicalCriteria({ timeframes }), pattern)
  t.ok(passes('Combo'))
  t.notOk(passes('daily'))
  t.ok(passes('daily', 'combo'))
  t.ok(matchesIdentity(canonicalCriteria({ timeframes: ['1h'] }), { ...pattern, timeframe: '1h' }))
  t.notOk(passes('1h'))
})

t.test('a number that is not known passes no bound but one that constrains nothing', async t => {
  const passes = (criteria: Criteria, values: object) =>
    matchesNumbers(canonicalCriteria(criteria), { confidence: 0.5, ...values })
  t.ok(passes({ rs_min: 0, vol_min: 0, rsi_range: '0,100' }, {}))
  t.notOk(passes({ rs_min: 0.1 }, {}))
  t.notOk(passes({ rsi_range: '0,99' }, {}))
  t.ok(passes({ rs_min: 1.5, vol_min: 2, rsi_range: '30,70' }, { relative_strength: 1.5, relative_volume: 2, rsi: 70 }))
  t.notOk(passes({ confidence_min: 0.51 }, {}))
})

/** Every name is found among any sorted list, however long: the reference is `includes`. */
t.test('a name passes if its list has it', async t => {
  const names = fc.array(fc.stringMatching(/^[A-Z0-9.^]{1,4}$/), { maxLength: 60 })
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(names, fc.stringMatching(/^[A-Z0-9.^]{1,4}$/), fc.nat(), (symbols, other, at) => {
        const symbol = symbols[at % (symbols.length + 1)] ?? other
        const criteria: CanonicalCriteria = canonicalCriteria({ symbols })
        return (
          matchesIdentity(criteria, { ...pattern, symbol }) === (symbols.length === 0 || symbols.includes(symbol)) &&
          matchesIdentity(canonicalCriteria({ pattern_types: symbols }), { ...pattern, pattern: symbol }) ===
            (symbols.length === 0 || symbols.includes(symbol))
        )
      }),
      { numRuns: 2_000 }
    )
  )
})
