import { type EventFilter, encodeEvent, type Pattern, type PatternEvent } from '@tickstock/contracts'
import t from 'tap'
import { RecordAudit } from './audit-record.ts'
import { ListHistory } from './list-history.ts'
import type { Step, SubscriptionRecord } from './record.ts'
import { Truth } from './truth.ts'

/** The symbol of each entry of the log, from offset 1 on. */
const LOG = ['A', 'B', 'C', 'A', 'B', 'C', 'A', 'B', 'C']
const TOP = LOG.length

const patternOf = (offset: number, symbol: string): Pattern => ({
  id: `p${offset}`,
  symbol,
  pattern: 'Doji',
  channel: 'daily',
  timeframe: 'daily',
  detected_at: 0,
  confidence: 0.9,
  price: null,
  change: null,
  indicators: {},
  expires_at: 1e12,
  updated_at: offset,
  synthetic: false
})

const detected = (offset: number, symbol: string): PatternEvent => ({
  id: `e${offset}`,
  kind: 'pattern_detected',
  published_at: offset,
  pattern: patternOf(offset, symbol)
})

const expired = (offset: number, of: number, symbol: string): PatternEvent => {
  const { id, pattern, channel, timeframe, detected_at } = patternOf(of, symbol)
  return {
    id: `e${offset}`,
    kind: 'pattern_expired',
    published_at: offset,
    pattern: { id, symbol, pattern, channel, timeframe, detected_at }
  }
}

function truthOf(more: readonly PatternEvent[] = []): Truth {
  const truth = new Truth()
  truth.begin('daily', 'a', 0)
  const events = [...LOG.map((symbol, index) => detected(index + 1, symbol)), ...more]
  events.forEach((event, index) => {
    truth.note('daily', { epoch: 'a', offset: index + 1, appendedAt: 0, ...encodeEvent(event) })
  })
  truth.sees('daily', 'a', { seenAt: 1, first: 1, top: events.length })
  return truth
}

/** A watchlist that had these symbols from each of these times on, ms. */
function listOf(versions: readonly (readonly [at: number, symbols: string[]])[]) {
  const [[first, symbols] = [0, []], ...others] = versions
  const about = { id: 'w', kind: 'watchlist', user: 'ann' } as const
  const list = new ListHistory(about, { number: 1, criteria: { symbols }, askedAt: first, answeredAt: first })
  others.forEach(([at, symbols], index) => {
    list.asks({ symbols }, at)
    list.answers(index + 2, { symbols }, at)
  })
  return new Map([['w', list]])
}

const at = (offset: number) => ({ epoch: 'a', offset })
const came = (...offsets: number[]): Step[] => offsets.map(offset => ['event', 'a', offset, `e${offset}`, 'entered'])

interface Given {
  readonly lists: ReadonlyMap<string, ListHistory>
  readonly isExact?: boolean
  readonly filter?: EventFilter
  readonly truth?: Truth
}

function found(steps: Step[], { lists, isExact = true, filter = { watchlist: 'w' }, truth = truthOf() }: Given) {
  const record: SubscriptionRecord = { subscriber: 'ann', subscription: 0, channel: 'daily', filter, isExact, steps }
  const begun = { daily: at(0), intraday: at(0), combo: at(0) }
  const audit = new RecordAudit(record, truth, { gaps: [], maxReplay: 1_000, begun, lists })
  audit.take(steps, Number.POSITIVE_INFINITY)
  audit.end()
  return audit.takeFindings().map(({ kind, events }) => [kind, events])
}

/** From A to B at 1 s, to C at 2 s. */
const edited = listOf([
  [0, ['A']],
  [1_000, ['B']],
  [2_000, ['C']]
])
const began: Step[] = [
  ['from', at(0)],
  ['subscribed', at(0), 100, 200]
]
const FOLLOWED: Step[] = [
  ...began,
  ...came(1),
  ['retargeted', at(3), 1_200],
  ...came(5),
  ['retargeted', at(6), 2_200],
  ...came(9),
  ['at', at(TOP)]
]

t.test('each version of a list in its order, from where the client was told, has nothing to explain', async t => {
  t.same(found(FOLLOWED, { lists: edited }), [])
})

t.test('finds what is missing or too much between two edits', async t => {
  t.same(found(FOLLOWED.toSpliced(4, 1), { lists: edited }), [['missing', 1]])
  t.same(found(FOLLOWED.toSpliced(4, 0, ...came(4)), { lists: edited }), [['leaked', 1]])
  t.same(found(FOLLOWED.toSpliced(5, 0, ...came(6)), { lists: edited }), [['leaked', 1]])
})

t.test('finds an event that is said to change something else', async t => {
  const steps = FOLLOWED.toSpliced(4, 1, ['event', 'a', 5, 'e5', 'left'])
  t.same(found(steps, { lists: edited }), [['wrong_change', 1]])
})

t.test('finds an edit that never came into force', async t => {
  const steps: Step[] = [...began, ...came(1), ['retargeted', at(3), 1_200], ...came(5, 8), ['at', at(TOP)]]
  t.same(found(steps, { lists: edited }), [['stale_selection', 0]])
})

t.test('finds a version that is in force again after a newer one', async t => {
  const steps: Step[] = [...FOLLOWED.slice(0, 5), ['retargeted', at(6), 2_200], ...came(7), ['at', at(TOP)]]
  t.same(found(steps, { lists: edited }), [
    ['stale_selection', 1],
    ['missing', 1]
  ])
})

t.test('finds a version that was in force before it was asked for', async t => {
  const steps = FOLLOWED.map((step): Step => (step[0] === 'retargeted' ? [step[0], step[1], 500] : step))
  t.same(
    found(steps, { lists: edited }).map(([kind]) => kind),
    ['missing', 'leaked', 'missing', 'leaked', 'stale_selection']
  )
})

t.test('finds an old version on a subscription that began after the edit was answered', async t => {
  const again = (asked: number): Step[] => [
    ...began,
    ...came(1),
    ['subscribed', at(1), asked, asked + 100],
    ...came(4, 7),
    ['at', at(TOP)]
  ]
  const lists = listOf([
    [0, ['A']],
    [1_000, ['A', 'X']],
    [2_000, ['A']]
  ])
  t.same(found(again(3_000), { lists }), [])
  const other = listOf([
    [0, ['A']],
    [1_000, ['B']]
  ])
  t.same(
    found(again(3_000), { lists: other }).map(([kind]) => kind),
    ['missing', 'stale_selection', 'missing', 'stale_selection', 'missing']
  )
})

t.test('an SDK client, which does not tell when it subscribes again, may change anywhere, and never back', async t => {
  const steps: Step[] = [['from', at(0)], ...came(1, 4, 5, 9), ['at', at(TOP)]]
  const lists = edited
  t.same(found(steps, { lists, isExact: false }), [])
  t.same(found(steps.toSpliced(4, 0, ...came(7)), { lists, isExact: false }), [['stale_selection', 1]])
  t.same(found(steps.toSpliced(2, 1), { lists, isExact: false }), [])
})

t.test(
  'symbols of the filter and of the watchlist must both hold; a saved filter yields to the subscription',
  async t => {
    const lists = listOf([[0, ['A', 'B']]])
    const both: Step[] = [...began, ...came(2, 5, 8), ['at', at(TOP)]]
    t.same(found(both, { lists, filter: { watchlist: 'w', symbols: ['B', 'C'] } }), [])

    const about = { id: 'f', kind: 'filter', user: 'ann' } as const
    const criteria = { symbols: ['A'], confidence_min: 0.95 }
    const saved = new ListHistory(about, { number: 1, criteria, askedAt: 0, answeredAt: 0 })
    const own: Step[] = [...began, ...came(1, 4, 7), ['at', at(TOP)]]
    const filter = { filter: 'f', confidence_min: 0.5 }
    t.same(found(own, { lists: new Map([['f', saved]]), filter }), [])
    t.same(found([...began, ['at', at(TOP)]], { lists: new Map([['f', saved]]), filter: { filter: 'f' } }), [])
  }
)

t.test('a snapshot and the events after it are what is live at the end', async t => {
  const lists = listOf([[0, ['A']]])
  const truth = truthOf([expired(10, 4, 'A')])
  const page = (...offsets: number[]) => offsets.map((offset): [string, number] => [`p${offset}`, offset])
  const steps = (...shown: number[]): Step[] => [
    ['snapshot', at(4), true, 1, 0, page(...shown.slice(0, 1))],
    ['snapshot', at(4), false, 0, 0, page(...shown.slice(1))],
    ...came(7),
    ['event', 'a', 10, 'e10', 'left'],
    ['at', at(10)]
  ]

  t.same(found(steps(1, 4), { lists, truth, isExact: false }), [])
  t.same(found(steps(4), { lists, truth, isExact: false }), [['wrong_patterns', 1]])
  t.same(found(steps(1, 4, 2), { lists, truth, isExact: false }), [['wrong_patterns', 1]])
})
