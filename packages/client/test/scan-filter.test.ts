import t from 'tap'
import { feedKey } from '../src/feed.ts'
import { followScan } from '../src/scan-filter.ts'

t.test('what a scan asks for is what its subscription brings', async t => {
  t.same(followScan({}), { channels: undefined })
  t.same(followScan({ timeframe: 'All' }), { channels: undefined })
  t.same(followScan({ timeframe: 'Intraday', page: 3, per_page: 5 }), { channels: ['intraday'] })
  t.same(followScan({ timeframe: '5Min' }), { channels: undefined, filter: { timeframes: ['5min'] } })
  t.same(
    followScan({
      symbols: ['aapl, msft', 'brk.b', ''],
      pattern_types: ['Doji,Bull_Flag'],
      confidence_min: 0,
      rs_min: 1.2,
      vol_min: 2
    }),
    {
      channels: undefined,
      filter: {
        symbols: ['AAPL', 'MSFT', 'BRK.B'],
        pattern_types: ['Doji', 'Bull_Flag'],
        confidence_min: 0,
        rs_min: 1.2,
        vol_min: 2
      }
    }
  )
})

t.test('filters that let the same pass have one key', async t => {
  t.equal(feedKey('daily', {}), feedKey('daily'))
  t.equal(
    feedKey('daily', { symbols: ['A', 'B'], pattern_types: ['Doji'], rs_min: 1 }),
    feedKey('daily', { rs_min: 1, pattern_types: ['doji'], symbols: ['B', 'A', 'A'] })
  )
  for (const other of [{ symbols: ['A'] }, { pattern_types: ['A', 'B'] }, { symbols: ['A', 'B'], rs_min: 1 }]) {
    t.not(feedKey('daily', { symbols: ['A', 'B'] }), feedKey('daily', other))
  }
  t.not(feedKey('daily'), feedKey('combo'))
})
