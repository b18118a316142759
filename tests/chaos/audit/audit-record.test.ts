import { type EventFilter, encodeEvent, type LogEntry, type PatternEvent } from '@tickstock/contracts'
import t from 'tap'
import { type Permitted, RecordAudit } from './audit-record.ts'
import type { Step, SubscriptionRecord } from './record.ts'
import { Truth } from './truth.ts'

const BEGUN = { epoch: 'a', offset: 5 }
const begun = { daily: BEGUN, intraday: BEGUN, combo: BEGUN }
const STRICT: Permitted = { gaps: [], maxReplay: 1_000, begun, lists: new Map() }
const LENIENT: Permitted = {
  gaps: ['stream_reset', 'expired', 'replay_too_large'],
  maxReplay: 5,
  begun,
  lists: new Map()
}
const EVEN: EventFilter = { symbols: ['EVEN'] }

const eventOf = (epoch: string, offset: number): PatternEvent => ({
  id: `${epoch}-${offset}`,
  kind: 'pattern_expired',
  published_at: 0,
  pattern: {
    id: `p${offset}`,
    symbol: offset % 2 === 0 ? 'EVEN' : 'ODD',
    pattern: 'Doji',
    channel: 'daily',
    timeframe: 'daily',
    detected_at: 0
  }
})

const entryOf = (epoch: string, offset: number): LogEntry => ({
  epoch,
  offset,
  appendedAt: 0,
  ...encodeEvent(eventOf(epoch, offset))
})

/** A log of two epochs: 20 entries, then 10. */
function truthOf({ reset = false, cut = 1 }: { readonly reset?: boolean; readonly cut?: number } = {}): Truth {
  const truth = new Truth()
  truth.begin('daily', 'a', 0)
  for (let offset = 1; offset <= 20; offset++) truth.note('daily', entryOf('a', offset))
  truth.sees('daily', 'a', { seenAt: 10, first: 1, top: 20 })
  truth.sees('daily', 'a', { seenAt: 20, first: cut, top: 20 })
  truth.sees('daily', 'a', { seenAt: 30, first: 18, top: 40 })
  if (!reset) return truth
  truth.begin('daily', 'b', 0)
  for (let offset = 1; offset <= 10; offset++) truth.note('daily', entryOf('b', offset))
  return truth
}

const at = (epoch: string, offset: number) => ({ epoch, offset })
const event = (epoch: string, offset: number): Step => ['event', epoch, offset, `${epoch}-${offset}`, 'left']
const events = (epoch: string, from: number, to: number): Step[] =>
  Array.from({ length: to - from + 1 }, (_, n) => event(epoch, from + n))

const recordOf = (steps: Step[], filter: EventFilter = {}): SubscriptionRecord => ({
  subscriber: 'ann',
  subscription: 0,
  channel: 'daily',
  filter,
  isExact: true,
  steps
})

const WHOLE: Step[] = [['from', at('a', 0)], ...events('a', 1, 20), ['at', at('a', 20)]]

const found = (steps: Step[], truth = truthOf(), permitted = STRICT, filter: EventFilter = {}) => {
  const audit = new RecordAudit(recordOf(steps, filter), truth, permitted)
  audit.take(steps, Number.POSITIVE_INFINITY)
  audit.end()
  return audit.takeFindings().map(({ kind, events }) => [kind, events])
}

t.test('a record with every event once and in order has nothing to explain', async t => {
  t.same(found(WHOLE), [])
})

t.test('what a filter leaves out is not missed', async t => {
  const steps: Step[] = [['from', at('a', 3)], event('a', 4), event('a', 6), ['at', at('a', 7)]]
  t.same(found(steps, truthOf(), STRICT, EVEN), [])
})

t.test('an event that was dropped is missing, in the middle and at the end', async t => {
  t.same(found(WHOLE.filter(step => step[2] !== 7)), [['missing', 1]])
  t.same(found(WHOLE.filter(step => step[0] !== 'event' || step[2] < 17)), [['missing', 4]])
})

t.test('an event that came twice, or late, is found', async t => {
  t.same(found(WHOLE.toSpliced(8, 0, event('a', 8))), [['doubled', 1]])
  t.same(found(WHOLE.toSpliced(8, 2, event('a', 9), event('a', 8))), [
    ['missing', 1],
    ['doubled', 1]
  ])
})

t.test('an event that the log has not, or has otherwise, is foreign', async t => {
  t.same(found(WHOLE.toSpliced(8, 1, ['event', 'a', 8, 'another', 'left'])), [['foreign', 1]])
  t.same(found(WHOLE.toSpliced(21, 0, event('a', 21))), [['foreign', 1]])
})

t.test('an event that does not match is a leak', async t => {
  const steps: Step[] = [['from', at('a', 3)], event('a', 4), event('a', 5), event('a', 6), ['at', at('a', 7)]]
  t.same(found(steps, truthOf(), STRICT, EVEN), [['leaked', 1]])
})

t.test('a gap that was hidden is found: a new epoch without a word, or a beginning ahead of the last end', async t => {
  const truth = truthOf({ reset: true })
  t.same(found([...WHOLE, ...events('b', 1, 10), ['at', at('b', 10)]], truth, LENIENT), [['jumped', 0]])
  t.same(found([...WHOLE, ['at', at('b', 10)]], truth, LENIENT), [['jumped', 0]])
  t.same(found([['from', at('a', 0)], ...events('a', 1, 5), ['from', at('a', 20)], ['at', at('a', 20)]]), [
    ['jumped', 0]
  ])
})

t.test('who begins again from before is given again what came', async t => {
  const steps: Step[] = [...WHOLE.slice(0, 11), ['from', at('a', 5)], ...events('a', 6, 20), ['at', at('a', 20)]]
  t.same(found(steps), [])
})

t.test('who begins further on than the log was when all had begun is found', async t => {
  t.same(found([['from', at('a', 6)], ...events('a', 7, 20), ['at', at('a', 20)]]), [['jumped', 0]])
  t.same(
    found([
      ['from', at('b', 0)],
      ['at', at('b', 0)]
    ]),
    [
      ['jumped', 0],
      ['unfinished', 0]
    ]
  )
})

t.test('who is brought back to an epoch that is over begins no further than he was in it', async t => {
  const truth = truthOf({ reset: true })
  const told = (offset: number): Step[] => [
    ...WHOLE.slice(0, 11),
    ['gap', 'stream_reset', at('a', 10), at('b', 0), 15],
    ...events('b', 1, 10),
    ['from', at('a', offset)],
    ['gap', 'stream_reset', at('a', offset), at('b', 0), 15],
    ...events('b', 1, 10),
    ['at', at('b', 10)]
  ]
  t.same(found(told(10), truth, LENIENT), [])
  t.same(found(told(11), truth, LENIENT), [['jumped', 0]])
})

t.test('what is cut later is no excuse for what was told before', async t => {
  const steps: Step[] = [
    ['from', at('a', 0)],
    ['gap', 'expired', at('a', 0), at('a', 17), 15],
    ...events('a', 18, 20),
    ['at', at('a', 20)]
  ]
  t.same(found(steps, truthOf({ cut: 10 }), LENIENT), [['oversized_gap', 8]])
})

t.test('a new epoch that is told, and given from its first entry on, is explained', async t => {
  const truth = truthOf({ reset: true })
  const told = (next: number): Step[] => [
    ...WHOLE.slice(0, 11),
    ['gap', 'stream_reset', at('a', 10), at('b', next), 15],
    ...events('b', next + 1, 10),
    ['at', at('b', 10)]
  ]
  t.same(found(told(0), truth, LENIENT), [])
  t.same(found(told(4), truth, LENIENT), [['oversized_gap', 4]])
  t.same(found(told(0), truth, STRICT), [['causeless_gap', 0]])
})

t.test('a reset without a new epoch is causeless', async t => {
  const steps: Step[] = [
    ...WHOLE.slice(0, 11),
    ['gap', 'stream_reset', at('a', 10), at('a', 20), 15],
    ['at', at('a', 20)]
  ]
  t.same(found(steps, truthOf(), LENIENT), [['causeless_gap', 0]])
})

t.test('what retention has cut is explained, and no more than that', async t => {
  const told = (next: number): Step[] => [
    ['from', at('a', 0)],
    ['gap', 'expired', at('a', 0), at('a', next), 15],
    ...events('a', next + 1, 20),
    ['at', at('a', 20)]
  ]
  t.same(found(told(9), truthOf({ cut: 10 }), LENIENT), [])
  t.same(found(told(12), truthOf({ cut: 10 }), LENIENT), [['oversized_gap', 3]])
})

t.test('a replay is too large only beyond its bound', async t => {
  const told = (next: number): Step[] => [
    ['from', at('a', 0)],
    ['gap', 'replay_too_large', at('a', 0), at('a', next), 15],
    ...events('a', next + 1, 20),
    ['at', at('a', 20)]
  ]
  t.same(found(told(15), truthOf(), LENIENT), [])
  t.same(found(told(17), truthOf(), LENIENT), [['oversized_gap', 2]])
})

t.test('what was missed before a gap is not excused by it', async t => {
  const steps: Step[] = [
    ...WHOLE.slice(0, 6),
    ['gap', 'stream_reset', at('a', 10), at('b', 0), 15],
    ...events('b', 1, 10),
    ['at', at('b', 10)]
  ]
  t.same(found(steps, truthOf({ reset: true }), LENIENT), [['missing', 5]])
})

t.test('who never began, or did not come to the end, is unfinished', async t => {
  t.same(found([]), [['unfinished', 0]])
  t.same(found(WHOLE, truthOf({ reset: true })), [['unfinished', 0]])
  t.same(found(WHOLE.slice(0, -1)), [['unfinished', 0]])
})
