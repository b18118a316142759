import t from 'tap'
import { followScan } from '../../src/index.ts'

t.test('what a scan asks for is what its subscription brings', async t => {
  t.same(followScan({}), { channels: undefined })
  t.same(followScan({ timeframe: 'All' }), { channels: undefined })
  t.same(followScan({ timeframe: 'Intraday', sort_order: 'asc' }), { channels: ['intraday'] })
  t.same(followScan({ timeframe: '5Min' }), { channels: undefined, filter: { timeframes: ['5min'] } })
  t.same(followScan({ symbols: [], sectors: [], pattern_types: [] }), { channels: undefined }, 'no text in a query')
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

t.test('what a user keeps is followed by its id, beside all else that a scan can say', async t => {
  const watchlist = '6f1c1d5e-3a53-4d0c-9d2b-0a4a4f1c7e11'
  const filter = '0b8d5c0e-8f0d-4f6e-9b39-5c7f0d8f2a22'

  t.same(followScan({ watchlist, filter, sectors: ['Technology, Energy'], rsi_range: '0,30', sort_by: 'rs' }), {
    channels: undefined,
    filter: { watchlist, filter, sectors: ['Technology', 'Energy'], rsi_range: '0,30' }
  })
})

t.test('the timeframe of a scan goes before that of its saved filter, whatever it says', async t => {
  const filter = '0b8d5c0e-8f0d-4f6e-9b39-5c7f0d8f2a22'
  t.same(followScan({ filter, timeframe: 'All' }).filter, { filter, timeframes: ['all'] })
  t.same(followScan({ filter, timeframe: 'Daily' }), {
    channels: ['daily'],
    filter: { filter, timeframes: ['daily'] }
  })
})
