import assert from 'node:assert/strict'
import {
  encodeEvent,
  type LogEntry,
  momentOf,
  type PatternEvent,
  type PatternState,
  perChannel,
  supersedes
} from '@tickstock/contracts'
import { LogWriter, openLog, readRange } from '@tickstock/event-log'
import { startRedis } from '@tickstock/test-kit'
import fc from 'fast-check'
import { Redis } from 'ioredis'
import t from 'tap'
import { normalise } from '../src/domain/normalise/normalise.ts'
import { PatternView } from '../src/domain/view/pattern-view.ts'
import { entryOf } from './events.ts'
import { naiveUnion } from './naive-fold.ts'

const channel = 'daily'
const DETECTED = Date.UTC(2026, 0)
const SYMBOLS = ['AAPL', 'MSFT']

const server = await startRedis(t)
const redis = new Redis(server.url)
t.teardown(() => redis.disconnect())
t.beforeEach(() => redis.flushall())

interface Said {
  readonly kind: 'detected' | 'updated' | 'expired'
  /** Seconds after the detection: the producer's own time. */
  readonly at: number
  readonly symbol?: string
  readonly confidence?: number
  readonly flow?: string | undefined
}

function understood({ kind, at, symbol = 'AAPL', confidence = 0.5, flow }: Said): PatternEvent {
  const payload = {
    event_type: `pattern_${kind}`,
    flow_id: flow,
    timestamp: DETECTED + at * 1_000,
    data: { symbol, pattern: 'Doji', confidence, detected_at: DETECTED }
  }
  return normalise(Buffer.from(JSON.stringify(payload)), {
    channel,
    patternTtlMs: 3_600_000,
    latest: DETECTED + 3_600_000
  })
}

/** What replicas deliver, one event after the other. */
async function deliver(events: readonly PatternEvent[]): Promise<string[]> {
  const replicas = [new LogWriter({ redis, channel }), new LogWriter({ redis, channel })]
  const results: string[] = []
  for (const [at, event] of events.entries()) {
    const result = await replicas[at % replicas.length]?.append(event)
    results.push(result?.result ?? 'none')
  }
  return results
}

const loggedEntries = () => readRange(redis, channel, { after: 0, count: 1_000 })

/** Rows of the live patterns, by symbol. */
async function live(): Promise<Record<string, number>> {
  const view = new PatternView({ maxLivePatterns: 100 })
  const { epoch } = await openLog(redis, channel)
  const replacement = view.replace(channel)
  for (const _ of replacement.finish({ position: { epoch, offset: 0 }, logTime: 0, ends: [] }));
  view.apply(channel, await loggedEntries())
  const rows: Record<string, number> = {}
  for (const symbol of SYMBOLS) {
    const row = view.row(understood({ kind: 'expired', at: 0, symbol }).pattern.id)
    if (row !== undefined) rows[symbol] = JSON.parse(row).confidence
  }
  return rows
}

for (const flow of [undefined, 'flow-1']) {
  const how = flow === undefined ? 'without a flow_id' : 'of one flow_id'
  const said = (kind: Said['kind'], at: number, confidence?: number) =>
    understood({ kind, at, flow, ...(confidence === undefined ? {} : { confidence }) })

  t.test(`${how}: a pattern ends, is updated, and ends again`, async t => {
    const events = [said('detected', 1), said('expired', 2), said('updated', 3, 0.7), said('expired', 4)]

    await deliver(events.slice(0, 3))
    t.same(await live(), { AAPL: 0.7 })
    t.same(await deliver(events), ['duplicate', 'duplicate', 'duplicate', 'appended'])

    t.same(await live(), {})
    t.same(
      await deliver(events),
      events.map(() => 'duplicate')
    )
  })

  t.test(`${how}: a detection that is newer than the end revives, an older one does not`, async t => {
    await deliver([said('detected', 1), said('expired', 3)])

    t.same(await deliver([said('detected', 1)]), ['duplicate'])
    await deliver([said('detected', 2)])
    t.same(await live(), {}, 'older')
    t.same(await deliver([said('detected', 4)]), ['appended'])
    t.same(await live(), { AAPL: 0.5 })
  })

  t.test(`${how}: an expiry that came late does not use up the only one`, async t => {
    t.same(await deliver([said('detected', 1), said('updated', 5, 0.6), said('expired', 3)]), Array(3).fill('appended'))
    t.same(await live(), { AAPL: 0.6 })

    await deliver([said('expired', 6)])

    t.same(await live(), {})
  })

  t.test(`${how}: an expiry of the same moment as the update before it ends the pattern`, async t => {
    await deliver([said('detected', 1), said('expired', 1), said('updated', 2), said('expired', 2)])

    t.same(await live(), {})
  })
}

t.test('without a flow_id, the same content at another time is another event', async t => {
  const said = understood({ kind: 'detected', at: 1 })

  t.same(await deliver([said, understood({ kind: 'detected', at: 2 }), said]), ['appended', 'appended', 'duplicate'])
})

t.test('of one flow_id, a repeated detection of a live pattern is a duplicate, whatever its time', async t => {
  const detected = (at: number) => understood({ kind: 'detected', at, flow: 'flow-1' })

  t.same(await deliver([detected(2), detected(1), detected(2), detected(3)]), [
    'appended',
    'duplicate',
    'duplicate',
    'duplicate'
  ])
})

t.test(
  'of one flow_id, a detection that was left out does not revive the pattern when another replica offers it',
  async t => {
    const detected = (at: number) => understood({ kind: 'detected', at, flow: 'flow-1' })
    const events = [detected(0), detected(1), understood({ kind: 'expired', at: 0 })]
    await deliver(events)

    t.same(await deliver(events), ['duplicate', 'duplicate', 'duplicate'])

    t.same(await live(), {})
    t.same(await deliver([detected(2)]), ['appended'], 'newer than all before')
  }
)

t.test('an expiry of our own ends the state that it names, once, whichever replica is first', async t => {
  const detected = understood({ kind: 'detected', at: 1 })
  const own = (published_at: number): PatternEvent => ({
    id: 'expired:1',
    published_at,
    kind: 'pattern_expired',
    pattern: understood({ kind: 'expired', at: 0 }).pattern,
    ends: detected.published_at
  })
  await deliver([detected])

  t.same(await deliver([own(DETECTED + 9_000), own(DETECTED + 9_001)]), ['appended', 'duplicate'])
  t.same(await live(), {})
  await deliver([understood({ kind: 'updated', at: 2, confidence: 0.6 })])
  t.same(await deliver([own(DETECTED + 9_002)]), ['duplicate'])
  t.same(await live(), { AAPL: 0.6 }, 'what is newer than the state that ended')
})

const message = fc.record({
  kind: fc.constantFrom<Said['kind']>('detected', 'updated', 'expired'),
  at: fc.nat(6),
  symbol: fc.constantFrom(...SYMBOLS),
  confidence: fc.constantFrom(0.5, 0.75),
  hasFlow: fc.boolean()
})
const messages = fc
  .array(message, { maxLength: 24 })
  .map(all => all.map(each => understood({ ...each, flow: each.hasFlow ? `flow-${each.symbol}` : undefined })))

/**
 * The rule in plain words: an id counts once, except where it revives an ended pattern or ends a pattern again. What was left out of a
 * live pattern stays left out.
 */
function counted(events: readonly PatternEvent[]): PatternEvent[] {
  const seen = new Set<string>()
  const known = new Map<string, PatternState>()
  const leftOut = new Map<string, number>()
  return events.filter(event => {
    const { id } = event.pattern
    const state = known.get(id)
    const moment = momentOf(event)
    const isEnd = event.kind === 'pattern_expired'
    const isNewer = state !== undefined && moment > state.moment
    const endsAgain = isEnd && (isNewer || (state !== undefined && !state.ended && moment === state.moment))
    const revives = !isEnd && state?.ended === true && isNewer && moment > (leftOut.get(id) ?? 0)
    if (seen.has(event.id) && !endsAgain && !revives) {
      if (state?.ended === false) leftOut.set(id, Math.max(moment, leftOut.get(id) ?? 0))
      return false
    }
    seen.add(event.id)
    if (supersedes(event, state)) known.set(id, { moment, ended: isEnd })
    return true
  })
}

t.test('what is live is what the newest events say that are no duplicates', async () => {
  await fc.assert(
    fc.asyncProperty(messages, async events => {
      await redis.flushall()
      const results = await deliver(events)

      const all: LogEntry[] = counted(events).map((event, at) => entryOf(at + 1, event))
      assert.equal(results.filter(result => result === 'appended').length, all.length)
      const expected = naiveUnion({ ...perChannel(() => []), [channel]: all })
      assert.deepEqual(Object.keys(await live()).sort(), Array.from(expected.values(), ({ symbol }) => symbol).sort())
    }),
    { numRuns: 300 }
  )
})

t.test('replicas that lag behind each other, and repetitions, leave the log as one replica does', async () => {
  const behind = fc.array(fc.record({ first: fc.boolean(), again: fc.option(fc.nat()) }), { maxLength: 60 })
  await fc.assert(
    fc.asyncProperty(messages, behind, async (events, turns) => {
      await redis.flushall()
      await deliver(events)
      const alone = (await loggedEntries()).map(({ event, before, late }) => ({ event, before, late }))

      await redis.flushall()
      const next = [0, 0]
      const delivered: PatternEvent[] = []
      for (const { first, again } of turns) {
        const replica = first ? 0 : 1
        const event = events[next[replica] ?? 0]
        if (event) delivered.push(event)
        next[replica] = (next[replica] ?? 0) + 1
        const before = delivered[(again ?? 0) % Math.max(1, delivered.length)]
        if (again !== null && before) delivered.push(before)
      }
      for (const from of next) delivered.push(...events.slice(from))
      await deliver(delivered)

      assert.deepEqual(
        (await loggedEntries()).map(({ event, before, late }) => ({ event, before, late })),
        alone
      )
      const offered = events.map(encodeEvent)
      await new LogWriter({ redis, channel }).appendAll(offered)
      assert.equal((await loggedEntries()).length, alone.length)
    }),
    { numRuns: 300 }
  )
})
