import t from 'tap'
import { isSelective, requireSound, selectionOf } from '../../src/domain/selection.ts'
import { SimulatedUniverse } from './simulated-universe.ts'

const asked = { user: 'alice', channel: 'daily' } as const

function universe() {
  const universe = new SimulatedUniverse()
  universe.watchlists.set('tech', ['AAPL', 'MSFT', 'NVDA'])
  universe.watchlists.set('empty', [])
  universe.sectors.set('Energy', ['XOM', 'CVX'])
  universe.sectors.set('Technology', ['MSFT', 'NVDA'])
  return universe
}

t.test('only what names something has to be looked up', async t => {
  t.notOk(isSelective({ symbols: ['AAPL'], rsi_range: '0,30' }))
  t.ok(isSelective({ watchlist: 'x' }))
  t.ok(isSelective({ filter: 'x' }))
  t.ok(isSelective({ sectors: ['Energy'] }))
})

t.test('what a scan refuses is refused to a subscription too', async t => {
  t.throws(() => requireSound({ rsi_range: '70,30' }), {
    code: 'invalid_request',
    message: 'subscribe.filter.rsi_range: expected min,max with 0 <= min <= max <= 100'
  })
  t.throws(() => requireSound({ timeframes: [' '] }), { code: 'invalid_request' })
  requireSound({ rsi_range: '30,70', timeframes: ['all'] })
})

t.test('the words of another channel let nothing through, `all` lets everything through', async t => {
  const known = universe()
  known.filters.set('daily', { timeframe: 'Daily', sectors: ['All'] })
  const select = async (channel: 'daily' | 'combo', filter: object) =>
    (await selectionOf({ user: 'alice', channel, filter }, known)).filter.symbols

  t.same(await select('combo', { filter: 'daily' }), [])
  t.same(await select('daily', { filter: 'daily' }), undefined)
  t.same(await select('combo', { filter: 'daily', timeframes: ['All'] }), undefined)
  t.same(await select('combo', { watchlist: 'tech', timeframes: ['Daily', 'intraday'] }), [])
  t.same(await select('combo', { watchlist: 'empty', timeframes: ['Daily', '5min'] }), [])
})

t.test('symbols, watchlist and sectors must all hold', async t => {
  const select = (filter: object) => selectionOf({ ...asked, filter }, universe())

  t.match(await select({ watchlist: 'tech' }), {
    filter: { symbols: ['AAPL', 'MSFT', 'NVDA'] },
    references: ['tech']
  })
  t.same((await select({ watchlist: 'tech', symbols: ['msft', 'XOM'] })).filter.symbols, ['MSFT'])
  t.same((await select({ sectors: ['Energy', 'Technology'] })).filter.symbols, ['XOM', 'CVX', 'MSFT', 'NVDA'])
  t.same((await select({ sectors: ['Technology'], watchlist: 'tech' })).filter.symbols, ['MSFT', 'NVDA'])
  t.same((await select({ watchlist: 'empty' })).filter.symbols, [], 'an empty watchlist lets nothing through')
  await t.rejects(select({ watchlist: 'gone' }), { code: 'watchlist_not_found' })
  await t.rejects(select({ sectors: ['Magic'] }), { code: 'invalid_request', message: /magic/ })
})

t.test('ids are followed as edits name them, in whichever case they were given', async t => {
  const known = universe()
  known.watchlists.set('AB-12', ['AAPL'])

  t.same((await selectionOf({ ...asked, filter: { watchlist: 'AB-12' } }, known)).references, ['ab-12'])
})

t.test('what the subscription gives goes before what the saved filter says', async t => {
  const known = universe()
  known.filters.set('strong', { pattern_types: ['Doji,Hammer'], confidence_min: 0.8, watchlist: 'tech', sort_by: 'rs' })
  known.filters.set('intraday', { timeframe: 'Intraday', rs_min: 1 })
  const select = (filter: object) => selectionOf({ ...asked, filter }, known)

  t.match(await select({ filter: 'strong', confidence_min: 0.5 }), {
    filter: { pattern_types: ['Doji,Hammer'], confidence_min: 0.5, symbols: ['AAPL', 'MSFT', 'NVDA'] },
    references: ['strong', 'tech']
  })
  t.match(await select({ filter: 'intraday' }), { filter: { symbols: [], rs_min: 1 } }, 'another channel')
  t.notMatch((await select({ filter: 'intraday', timeframes: ['1h'] })).filter, { symbols: [] })
  await t.rejects(select({ filter: 'gone' }), { code: 'filter_not_found' })
})
