import { ProblemError, SCAN_LIST_LIMIT } from '@tickstock/contracts'
import t from 'tap'
import { parseScan } from '../../src/domain/query.ts'

const EVERYTHING = { view: 'full', ranges: {}, sortBy: 'confidence', descending: true, page: 1, perPage: 30 }

t.test('without anything asked, the first page by confidence', async t => {
  t.same(parseScan({}), EVERYTHING)
})

t.test('lists are repeatable or comma-separated, in any case, each name once', async t => {
  t.same(parseScan({ symbols: ['msft,AAPL', 'aapl', ' brk.b '], pattern_types: ['Doji,DOJI'] }), {
    ...EVERYTHING,
    symbols: ['AAPL', 'BRK.B', 'MSFT'],
    pattern_types: ['doji']
  })
})

t.test('a timeframe is everything, a channel or a bar size, in any case', async t => {
  t.same(parseScan({ timeframe: 'ALL' }), EVERYTHING)
  t.same(parseScan({ timeframe: 'Intraday' }), { ...EVERYTHING, timeframes: ['intraday'] })
  t.same(parseScan({ timeframe: '5Min' }), { ...EVERYTHING, timeframes: ['5min'] })
})

t.test('thresholds are ranges of numbers', async t => {
  const least = (min: number) => ({ min, max: Number.POSITIVE_INFINITY })
  t.same(
    parseScan({
      confidence_min: 0.5,
      rs_min: 1,
      vol_min: 2,
      rsi_range: '30,70.5',
      sort_by: 'rs',
      sort_order: 'asc',
      page: 2,
      per_page: 7
    }),
    {
      view: 'full',
      ranges: { confidence: least(0.5), rs: least(1), volume: least(2), rsi: { min: 30, max: 70.5 } },
      sortBy: 'rs',
      descending: false,
      page: 2,
      perPage: 7
    }
  )
})

t.test('what constrains nothing is no part of a scan, and takes the place of what a saved filter says', async t => {
  const nothing = { sectors: ['All'], timeframe: 'all', confidence_min: 0, rs_min: 0, vol_min: 0, rsi_range: '0,100' }
  t.strictSame(parseScan(nothing), EVERYTHING)
  const filter = { sectors: ['Energy'], timeframe: '5min', rs_min: 1, rsi_range: '30,70' }
  t.strictSame(parseScan(nothing, { filter }), EVERYTHING)
})

t.test('what cannot be meant is refused, and every field named', async t => {
  const fieldsOf = (query: Parameters<typeof parseScan>[0]): string[] => {
    try {
      parseScan(query)
      return []
    } catch (error) {
      if (error instanceof ProblemError && error.code === 'invalid_request')
        return error.errors.map(({ field }) => field)
      throw error
    }
  }
  const many = Array.from({ length: SCAN_LIST_LIMIT + 1 }, (_, index) => `S${index}`).join(',')

  t.same(fieldsOf({ symbols: ['AAPL,'], pattern_types: [' '], rsi_range: '70,30' }), [
    'query.pattern_types',
    'query.symbols',
    'query.rsi_range'
  ])
  t.same(fieldsOf({ symbols: [many] }), ['query.symbols'])
  t.same(fieldsOf({ rsi_range: '0,101' }), ['query.rsi_range'])
  t.same(fieldsOf({ rsi_range: '0,100' }), [])
})
