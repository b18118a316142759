import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@tickstock/test-kit'
import t from 'tap'
import { readIndexBars } from '../../src/bars/index-series.ts'
import { BARS_PER_SESSION } from '../../src/universe/derive-session.ts'
import { companies, readListings } from '../../src/universe/listing.ts'
import { sessionOpen } from '../../src/universe/session-hours.ts'
import { derivedUniverse, folderUniverse, WARM_UP } from '../../src/universe/universe.ts'

const options = { symbols: 120, days: 100, seed: 'test' }
const universe = derivedUniverse(options)

t.test('the index is real, every other series is marked as synthetic under a real name', async t => {
  const [index, ...derived] = universe.series

  t.match(index, { symbol: 'SPX', synthetic: false })
  t.same(index?.bars(), readIndexBars().slice(-100 - WARM_UP))
  t.equal(derived.length, 120)
  t.ok(derived.every(({ synthetic }) => synthetic))
  t.match(derived[0], { symbol: 'AAPL', name: 'Apple Inc.' })
  t.equal(new Set(derived.map(({ symbol }) => symbol)).size, 120)
})

t.test('the same seed gives the same bars, another seed others', async t => {
  const same = derivedUniverse(options)
  const other = derivedUniverse({ ...options, seed: 'other' })

  t.same(same.series.at(-1)?.bars(), universe.series.at(-1)?.bars())
  t.not(other.series[1]?.bars().at(-1)?.close, universe.series[1]?.bars().at(-1)?.close)
  t.notSame(
    other.series.map(({ symbol }) => symbol),
    universe.series.map(({ symbol }) => symbol)
  )
})

t.test('derived bars are consistent, on the days of the index, and end at a plausible price', async t => {
  const days = universe.index.bars().map(({ time }) => time)
  for (const { symbol, bars } of universe.series.slice(1)) {
    const all = bars()
    const consistent = all.every(
      bar =>
        bar.low > 0 &&
        bar.low <= Math.min(bar.open, bar.close) &&
        bar.high >= Math.max(bar.open, bar.close) &&
        bar.volume > 0
    )
    const price = all.at(-1)?.close ?? 0
    if (!consistent || price < 5 || price > 500) t.fail(symbol)
  }
  t.same(
    universe.series
      .at(-1)
      ?.bars()
      .map(({ time }) => time),
    days
  )
})

t.test("a session's five-minute bars add up to its day", async t => {
  for (const { symbol, bars } of universe.series.slice(0, 30)) {
    for (const day of bars().slice(-5)) {
      const session = universe.session(symbol, day)
      const volume = session.reduce((sum, bar) => sum + bar.volume, 0)
      const adds =
        session.length === BARS_PER_SESSION &&
        Math.abs((session[0]?.open ?? 0) - day.open) < 1e-4 &&
        Math.abs((session.at(-1)?.close ?? 0) - day.close) < 1e-4 &&
        Math.abs(Math.max(...session.map(bar => bar.high)) - day.high) < 1e-4 &&
        Math.abs(Math.min(...session.map(bar => bar.low)) - day.low) < 1e-4 &&
        Math.abs(volume - day.volume) < BARS_PER_SESSION &&
        session.every(bar => bar.low <= Math.min(bar.open, bar.close) && bar.high >= Math.max(bar.open, bar.close))
      if (!adds) t.fail(`${symbol} on ${new Date(day.time).toISOString()}`, { day, session })
    }
  }
  const day = universe.index.bars().at(-1)
  if (day) t.same(universe.session('SPX', day), universe.session('SPX', day))
})

t.test('a session opens at half past nine in New York, in winter and in summer', async t => {
  t.equal(sessionOpen(Date.UTC(2020, 0, 15)), Date.UTC(2020, 0, 15, 14, 30))
  t.equal(sessionOpen(Date.UTC(2020, 6, 15)), Date.UTC(2020, 6, 15, 13, 30))
})

t.test('more than there is cannot be had', async t => {
  t.throws(() => derivedUniverse({ ...options, days: 6000 }), /days: at most 4965/)
  t.throws(() => derivedUniverse({ ...options, symbols: 100_000 }), /symbols: at most/)
  t.ok(companies(readListings()).length > 2000)
})

t.test('a folder is a universe of its own, measured against its own market', async t => {
  const folder = await temporaryFolder(t)
  const csv = (close: number) => `date,open,high,low,close\n2020-01-02,1,9,1,1\n2020-01-03,1,9,1,${close}\n`
  writeFileSync(join(folder, 'AAPL.csv'), csv(2))
  writeFileSync(join(folder, 'ZZZZZZ.csv'), csv(2))
  const all = { folder, symbols: Number.POSITIVE_INFINITY, days: Number.POSITIVE_INFINITY, seed: 's' }

  const foreign = folderUniverse(all)
  t.match(foreign.index, { symbol: 'SPX', synthetic: false })
  t.equal(foreign.index.bars().length, 5105)
  t.match(foreign.series, [
    { symbol: 'AAPL', name: 'Apple Inc.', synthetic: false },
    { symbol: 'ZZZZZZ', name: 'ZZZZZZ' }
  ])
  t.equal(folderUniverse({ ...all, symbols: 1 }).series.length, 1)

  writeFileSync(join(folder, 'SPY.csv'), csv(3))
  const own = folderUniverse(all)
  t.equal(own.index.symbol, 'SPY')
  t.equal(own.index.bars().at(-1)?.close, 3)
  const day = own.index.bars().at(-1)
  t.equal(day && own.session('SPY', day).length, BARS_PER_SESSION)
})
