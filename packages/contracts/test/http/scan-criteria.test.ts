import t from 'tap'
import { criteriaFaults, rsiBounds, SCAN_LIST_LIMIT, valuesOf } from '../../src/index.ts'

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
})

t.test('a range that has no two ends is none', async t => {
  t.same(rsiBounds('30,70'), { min: 30, max: 70 })
  t.same(rsiBounds('30'), { min: 30, max: Number.NaN })
  t.same(rsiBounds(''), { min: 0, max: Number.NaN })
})
