import type { ScanCriteria, ScanSelection } from '@tickstock/contracts'
import t from 'tap'
import { parseSelection } from '../../src/domain/selection.ts'
import { NO_UNIVERSE, namesOwn, resolveOwn, type Universe } from '../../src/domain/universe.ts'

const ann = { user: 'ann', authorization: 'Bearer x' }

class Kept implements Universe {
  readonly asked: string[] = []
  readonly #filters: Record<string, ScanCriteria>

  constructor(filters: Record<string, ScanCriteria> = {}) {
    this.#filters = filters
  }

  async watchlist({ user }: { user: string }, id: string) {
    this.asked.push(`${user} watchlist ${id}`)
    return id === 'empty' ? [] : ['AAPL', id.toUpperCase()]
  }

  async filter({ user }: { user: string }, id: string) {
    this.asked.push(`${user} filter ${id}`)
    return this.#filters[id] ?? {}
  }
}

const selected = async (universe: Universe, query: ScanSelection) =>
  parseSelection(query, await resolveOwn(query, ann, universe))

t.test('only what names something of a user must be looked up', t => {
  t.notOk(namesOwn({ symbols: ['AAPL'] }))
  t.ok(namesOwn({ watchlist: 'a' }))
  t.ok(namesOwn({ filter: 'a' }))
  t.same([NO_UNIVERSE.own, NO_UNIVERSE.sectorNames(), NO_UNIVERSE.sectors()], [undefined, undefined, 'unknown'])
  t.end()
})

t.test('a watchlist stands beside the symbols of the query, and an empty one matches nothing', async t => {
  const universe = new Kept()
  t.match(await selected(universe, { watchlist: 'tech', symbols: ['msft,aapl'] }), {
    watched: ['AAPL', 'TECH'],
    symbols: ['AAPL', 'MSFT']
  })
  t.same((await selected(universe, { watchlist: 'empty' })).watched, [])
  t.same(universe.asked, ['ann watchlist tech', 'ann watchlist empty'])
})

t.test('what the query gives goes before what its filter says, field by field, its watchlist too', async t => {
  const universe = new Kept({
    mine: { watchlist: 'energy', confidence_min: 0.8, rs_min: 1, sort_by: 'rs', sort_order: 'asc', symbols: ['XOM'] },
    open: { timeframe: 'Daily' }
  })

  t.match(await selected(universe, { filter: 'mine', confidence_min: 0.5, sort_order: 'desc', symbols: ['CVX'] }), {
    watched: ['AAPL', 'ENERGY'],
    symbols: ['CVX'],
    ranges: { confidence: { min: 0.5 }, rs: { min: 1 } },
    sortBy: 'rs',
    descending: true
  })
  t.same((await selected(universe, { filter: 'mine', watchlist: 'tech' })).watched, ['AAPL', 'TECH'])
  t.match(await selected(universe, { filter: 'open' }), { timeframes: ['daily'] })
  t.equal((await selected(universe, { filter: 'open', timeframe: 'All' })).timeframes, undefined)
  t.equal(universe.asked.filter(asked => asked === 'ann watchlist energy').length, 1)
})
