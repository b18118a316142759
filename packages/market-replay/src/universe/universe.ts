import type { Bar } from '../bars/bar.ts'
import { readBarsFolder } from '../bars/folder.ts'
import { INDEX_NAME, INDEX_SYMBOL, readIndexBars } from '../bars/index-series.ts'
import { deriveDaily } from './derive-daily.ts'
import { deriveSession } from './derive-session.ts'
import { companies, type Listing, readListings } from './listing.ts'
import { evenedOut, type Move, movesOf, withoutDrift } from './moves.ts'
import { integer, seededRandom } from './random.ts'

/** One symbol's daily bars, made when they are first asked for. */
export interface Series {
  readonly symbol: string
  readonly name: string
  /** True where the bars are derived, not traded. */
  readonly synthetic: boolean
  /** Oldest first. */
  bars(): readonly Bar[]
}

/** What a replay walks over. */
export interface Universe {
  readonly series: readonly Series[]
  /** The market that relative strength is measured against. */
  readonly index: Series
  /** Days before the first that is walked: they only warm the indicators up. */
  readonly warmUp: number
  /** Synthetic five-minute bars of a daily bar of this universe. */
  session(symbol: string, day: Bar): readonly Bar[]
}

/** Bars before the replayed ones: the longest look back of a detector, and time for Wilder's averages to settle. */
export const WARM_UP = 120

export interface DerivedOptions {
  /** How many symbols beside the index. */
  readonly symbols: number
  /** How many trading days are replayed, up to the last one of the index. */
  readonly days: number
  readonly seed: string
}

/**
 * The real index (`SPX`, not synthetic) and `symbols` derived series under the names of real companies (each
 * synthetic).
 *
 * @throws RangeError if more symbols or days are wanted than there are
 */
export function derivedUniverse({ symbols, days, seed }: DerivedOptions): Universe {
  const all = readIndexBars()
  const moves = movesOf(all)
  const length = days + WARM_UP
  if (length > moves.length) throw new RangeError(`days: at most ${moves.length - WARM_UP} are there`)
  const market = { bars: all.slice(-length), moves: moves.slice(-length), pool: withoutDrift(moves) }
  const index: Series = { symbol: INDEX_SYMBOL, name: INDEX_NAME, synthetic: false, bars: () => market.bars }
  const derived = pick(companies(readListings()), symbols, seed).map(
    (listing): Series => ({
      ...listing,
      synthetic: true,
      bars: once(() => deriveDaily(listing.symbol, seed, market))
    })
  )
  return { series: [index, ...derived], index, warmUp: WARM_UP, session: sessionsFrom(evenedOut(market.pool), seed) }
}

export interface FolderOptions {
  readonly folder: string
  /** The first this many by name, Infinity for all. */
  readonly symbols: number
  /** The last this many of each, Infinity for all. */
  readonly days: number
  readonly seed: string
}

/** Names of the market's own series in a folder of bars, the best first. */
const MARKET_SYMBOLS = ['SPX', '^GSPC', '^SPX', 'SPY'] as const

/**
 * The real series of a folder, one CSV a symbol, nothing derived but five-minute sessions where asked for.
 * Relative strength is against the folder's own SPX or SPY, else against the index of the dependency where the dates
 * meet.
 *
 * @throws BarsError
 */
export function folderUniverse({ folder, symbols, days, seed }: FolderOptions): Universe {
  const files = readBarsFolder(folder)
  const names = new Map(readListings().map(({ symbol, name }) => [symbol, name]))
  const all = files.map(
    ({ symbol, bars }): Series => ({
      symbol,
      name: names.get(symbol) ?? symbol,
      synthetic: false,
      bars: once(() => bars.slice(-(days + WARM_UP)))
    })
  )
  const indexBars = readIndexBars()
  const own = MARKET_SYMBOLS.map(market => all.find(({ symbol }) => symbol === market)).find(
    found => found !== undefined
  )
  const index = own ?? { symbol: INDEX_SYMBOL, name: INDEX_NAME, synthetic: false, bars: () => indexBars }
  const pool = evenedOut(withoutDrift(movesOf(indexBars)))
  return { series: all.slice(0, symbols), index, warmUp: WARM_UP, session: sessionsFrom(pool, seed) }
}

const sessionsFrom =
  (pool: readonly Move[], seed: string): Universe['session'] =>
  (symbol, day) =>
    deriveSession(symbol, seed, day, pool)

/** The well-known head of the list as it stands, then a seeded choice of the rest. */
function pick(candidates: readonly Listing[], count: number, seed: string): Listing[] {
  if (count > candidates.length) throw new RangeError(`symbols: at most ${candidates.length} are there`)
  const head = candidates.slice(0, Math.min(count, 70))
  const rest = candidates.slice(head.length)
  const random = seededRandom(`${seed}:universe`)
  const chosen = Array.from({ length: count - head.length }, (_, at) => {
    const other = at + integer(random, rest.length - at)
    const [here, there] = [rest[at], rest[other]]
    if (!here || !there) throw new RangeError('symbols: the list is too short')
    rest[at] = there
    rest[other] = here
    return there
  })
  return [...head, ...chosen]
}

function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
