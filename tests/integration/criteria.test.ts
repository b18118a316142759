import assert from 'node:assert/strict'
import {
  CHANNELS,
  type Channel,
  checkOf,
  EventFilter,
  followScan,
  isChannel,
  type Pattern,
  raise,
  ScanCriteria,
  type ScanSelection
} from '@tickstock/contracts'
import fc from 'fast-check'
import t from 'tap'
import { parseScan } from '../../services/pattern-query/src/domain/query.ts'
import { resolveOwn } from '../../services/pattern-query/src/domain/universe.ts'
import { PatternView } from '../../services/pattern-query/src/domain/view/pattern-view.ts'
import { canonical, matcherOf } from '../../services/realtime-gateway/src/domain/matcher.ts'
import { isSelective, requireSound, selectionOf } from '../../services/realtime-gateway/src/domain/selection.ts'
import { passes as auditorPasses } from '../chaos/audit/matching.ts'

const USER = { user: 'alice', authorization: undefined }
const WATCHLIST = '6f1c1d5e-3a53-4d0c-9d2b-0a4a4f1c7e11'
const FILTER = '0b8d5c0e-8f0d-4f6e-9b39-5c7f0d8f2a22'
const SECTORS: Readonly<Record<string, readonly string[]>> = {
  Technology: ['AAPL', 'MSFT'],
  Energy: ['XOM']
}

const optional = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined, freq: 2 })
const present = <Fields extends object>(fields: Fields) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

const patterns = fc.uniqueArray(
  fc
    .record({
      symbol: fc.constantFrom('AAPL', 'MSFT', 'XOM', 'ALL'),
      pattern: fc.constantFrom('Doji', 'Bull_Flag'),
      channel: fc.constantFrom(...CHANNELS),
      timeframe: fc.constantFrom('daily', 'intraday', '5min', '1h'),
      confidence: fc.constantFrom(0, 0.5, 1),
      relative_strength: optional(fc.constantFrom(-1, 0, 1, 2)),
      relative_volume: optional(fc.constantFrom(0, 1.5)),
      rsi: optional(fc.constantFrom(0, 30, 100))
    })
    .map(
      ({ relative_strength, relative_volume, rsi, ...rest }): Pattern => ({
        ...rest,
        id: `${rest.channel}:${rest.symbol}:${rest.pattern}:${rest.timeframe}`,
        detected_at: 1,
        updated_at: 1,
        expires_at: 9e15,
        price: null,
        change: null,
        synthetic: false,
        indicators: present({ relative_strength, relative_volume, rsi })
      })
    ),
  { selector: ({ id }) => id, minLength: 1, maxLength: 30 }
)

const list = (...values: string[]) => fc.array(fc.constantFrom(...values), { minLength: 1, maxLength: 3 })

const criteria: fc.Arbitrary<ScanCriteria> = fc
  .record({
    symbols: optional(list('aapl', 'MSFT,xom', ' All ', 'NONE')),
    sectors: fc.option(list('technology', 'ENERGY', 'all', 'Technology, Energy'), { nil: undefined, freq: 3 }),
    watchlist: fc.option(fc.constant(WATCHLIST), { nil: undefined, freq: 4 }),
    pattern_types: optional(list('doji', 'BULL_FLAG', 'Hammer')),
    timeframe: optional(fc.constantFrom('All', 'Daily', 'intraday ', 'COMBO', '5Min', '1h')),
    confidence_min: optional(fc.constantFrom(0, 0.5, 1)),
    rs_min: optional(fc.constantFrom(0, 1)),
    vol_min: optional(fc.constantFrom(0, 1.5)),
    rsi_range: optional(fc.constantFrom('0,100', '00,100.0', '0,99', '30,100', '30,30'))
  })
  .map(present)

/** What criteria mean, in as few words as possible. */
function reference(criteria: ScanCriteria, watched: readonly string[], pattern: Pattern): boolean {
  const words = (values: readonly string[] | undefined) =>
    values
      ?.join()
      .split(',')
      .map(word => word.trim().toLowerCase())
  const isIn = (values: readonly string[] | undefined, value: string) => !values || values.includes(value.toLowerCase())
  const sectors = words(criteria.sectors)
  const sector = Object.entries(SECTORS).find(([, symbols]) => symbols.includes(pattern.symbol))?.[0] ?? ''
  const timeframe = criteria.timeframe?.trim().toLowerCase() ?? 'all'
  const { relative_strength, relative_volume, rsi } = pattern.indicators
  const reaches = (value: number | undefined, least = 0) => least === 0 || (value !== undefined && value >= least)
  const [low = 0, high = 100] = (criteria.rsi_range ?? '0,100').split(',').map(Number)
  return (
    isIn(words(criteria.symbols), pattern.symbol) &&
    isIn(words(criteria.pattern_types), pattern.pattern) &&
    (sectors?.includes('all') || isIn(sectors, sector)) &&
    (criteria.watchlist === undefined || watched.includes(pattern.symbol)) &&
    (timeframe === 'all' || (isChannel(timeframe) ? pattern.channel : pattern.timeframe) === timeframe) &&
    reaches(pattern.confidence, criteria.confidence_min) &&
    reaches(relative_strength, criteria.rs_min) &&
    reaches(relative_volume, criteria.vol_min) &&
    ((low === 0 && high === 100) || (rsi !== undefined && rsi >= low && rsi <= high))
  )
}

const filters = checkOf(EventFilter)
const allCriteria = checkOf(ScanCriteria)

t.test('a scan, a saved filter and a subscription mean the same by the same criteria', async () => {
  await fc.assert(
    fc.asyncProperty(
      patterns,
      criteria,
      criteria,
      fc.subarray(['AAPL', 'XOM']),
      fc.boolean(),
      async (patterns, saved, given, watched, usesSaved) => {
        const universe = (filter: ScanCriteria) => ({
          watchlist: async () => watched,
          filter: async () => filter,
          sector: async (name: string) =>
            Object.entries(SECTORS).find(([sector]) => sector.toLowerCase() === name)?.[1] ??
            raise('invalid_request', name)
        })
        const view = new PatternView({ maxLivePatterns: 1_000 })
        for (const channel of CHANNELS) {
          const live = patterns.filter(pattern => pattern.channel === channel)
          view.reset(channel, live, { epoch: 'one', offset: 0 })
        }
        view.setSectors(
          new Map(Object.entries(SECTORS).flatMap(([name, symbols]) => symbols.map(of => [of, name.toLowerCase()])))
        )
        const scanned = async (query: ScanSelection, filter: ScanCriteria) => {
          const resolved = await resolveOwn(query, USER, universe(filter))
          const { rows } = view.scan({ ...parseScan(query, resolved), perPage: 100 })
          return rows.map(({ pattern }) => pattern.id).sort()
        }
        const subscribed = async (query: ScanSelection, savedFilter: ScanCriteria) => {
          const { channels = CHANNELS, filter = {} } = followScan(query)
          assert.ok(filters.accepts(filter), JSON.stringify(filter))
          requireSound(filter)
          const isOf = async (channel: Channel) => {
            const request = { user: 'alice', channel, filter }
            const selected = isSelective(filter) ? (await selectionOf(request, universe(savedFilter))).filter : filter
            return matcherOf(canonical(selected))
          }
          const found: string[] = []
          for (const channel of channels) {
            const { accepts } = await isOf(channel)
            for (const pattern of patterns.filter(pattern => pattern.channel === channel)) {
              if (accepts(pattern)) found.push(pattern.id)
              if (!isSelective(filter)) assert.equal(accepts(pattern), auditorPasses(pattern, filter), 'the auditor')
            }
          }
          return found.sort()
        }

        const merged: ScanCriteria = usesSaved ? { ...saved, ...given } : given
        const expected = patterns
          .filter(pattern => reference(merged, watched, pattern))
          .map(({ id }) => id)
          .sort()
        const query: ScanSelection = usesSaved ? { ...given, filter: FILTER } : given

        assert.ok(allCriteria.accepts(merged))
        assert.deepEqual(await scanned(query, saved), expected, 'a scan')
        assert.deepEqual(await scanned({ filter: FILTER }, merged), expected, 'a saved filter')
        assert.deepEqual(await subscribed(query, saved), expected, 'a subscription')
        assert.deepEqual(await subscribed({ filter: FILTER }, merged), expected, 'a subscription to a saved filter')
      }
    ),
    { numRuns: Number(process.env.RUNS ?? 1_000) }
  )
})
