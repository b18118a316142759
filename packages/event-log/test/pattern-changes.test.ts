import assert from 'node:assert/strict'
import {
  END_REMEMBERED_MS,
  encodeEvent,
  type LogEntry,
  momentOf,
  type Pattern,
  type PatternEvent,
  type ThresholdValues,
  thresholdValuesOf
} from '@tickstock/contracts'
import fc from 'fast-check'
import t from 'tap'
import { openLog, readRange } from '../src/index.ts'
import { range } from './fixtures/event-of.ts'
import { append, channel, keys, startLog } from './fixtures/start-log.ts'

const { redis, connection, writer, snapshot } = await startLog(t)
const writers = [connection(), connection(), connection()].map(each => writer({ redis: each }))

t.beforeEach(() => redis.flushall())

/** Far ahead of Redis' clock, so that the test alone moves the log's time. */
const LATER = Date.UTC(2200, 0)

interface Said {
  readonly kind: PatternEvent['kind']
  readonly name: string
  readonly moment: number
  /** Of an expiry: how much older the state is whose time was over. */
  readonly before: number | undefined
  readonly values: ThresholdValues
}

const identityOf = (name: string) =>
  ({ id: name, symbol: name, pattern: 'Doji', channel, timeframe: 'daily', detected_at: 1 }) as const

function eventOf({ kind, name, moment, before, values }: Said, id: string): PatternEvent {
  const about = { id, published_at: moment }
  const { confidence, ...indicators } = values
  const pattern: Pattern = {
    ...identityOf(name),
    confidence,
    price: null,
    change: null,
    indicators,
    expires_at: LATER,
    updated_at: moment,
    synthetic: false
  }
  if (kind !== 'pattern_expired') return { ...about, kind, pattern }
  return {
    ...about,
    kind,
    pattern: identityOf(name),
    ...(before === undefined ? {} : { ends: Math.max(0, moment - before) })
  }
}

const detected = (moment: number, confidence: number) =>
  eventOf(
    { kind: 'pattern_detected', name: 'A', moment, before: undefined, values: { confidence } },
    `d${moment}:${confidence}`
  )
const expired = (moment: number, name = 'A') =>
  eventOf({ kind: 'pattern_expired', name, moment, before: undefined, values: { confidence: 0 } }, `x${name}${moment}`)

const entries = () => readRange(redis, channel, { after: 0, count: 10_000 })

const changes = async () => (await entries()).map(({ before, late }) => (late ? 'late' : before?.confidence))

type Known = { readonly moment: number } & ({ readonly values: ThresholdValues } | { readonly endedAt: number })

/** The rule in plain words, over the entries as they stand in the log. */
function reference(log: readonly LogEntry[], timeAt: (offset: number) => number) {
  const known = new Map<string, Known>()
  return log.map(({ offset, event }) => {
    const { id } = event.pattern
    const time = timeAt(offset)
    const moment = momentOf(event)
    let before = known.get(id)
    if (before && 'endedAt' in before && time - before.endedAt > END_REMEMBERED_MS) before = undefined
    const late = before !== undefined && (moment < before.moment || (moment === before.moment && 'endedAt' in before))
    if (late) return { before: undefined, late }
    known.set(
      id,
      event.kind === 'pattern_expired'
        ? { moment, endedAt: time }
        : { moment, values: thresholdValuesOf(event.pattern) }
    )
    return { before: before && 'values' in before ? before.values : undefined, late }
  })
}

const values = fc.record(
  {
    confidence: fc.double({ min: 0, max: 1, noNaN: true }).map(value => value + 0),
    relative_strength: fc.constantFrom(1.5, -2, 1e21),
    relative_volume: fc.constantFrom(0, 2.25),
    rsi: fc.constantFrom(0, 33.3, 100)
  },
  { requiredKeys: ['confidence'] }
)
const said = fc.record({
  kind: fc.constantFrom<PatternEvent['kind']>('pattern_detected', 'pattern_updated', 'pattern_expired'),
  name: fc.constantFrom('A', 'B', 'C'),
  moment: fc.nat(8),
  before: fc.constantFrom(undefined, 0, 1, 2),
  values
})
/** The log's time moves on; then several writers call at once. `again` repeats events that were offered since a time at which no end was forgotten. */
const step = fc.record({
  calls: fc.array(
    fc.record({
      writer: fc.nat(2),
      events: fc.array(said, { maxLength: 6 }),
      again: fc.array(fc.nat(), { maxLength: 2 })
    }),
    { maxLength: 4 }
  ),
  later: fc.constantFrom(0, 0, 1, END_REMEMBERED_MS / 2, END_REMEMBERED_MS, END_REMEMBERED_MS + 1)
})

t.test('each entry says what its event changes, as a plain fold of the log does', async t => {
  let total = 0
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async steps => {
      await redis.flushall()
      await append(writer(), [expired(0, 'Z')])
      const times: { after: number; time: number }[] = []
      let offered = 0
      let recent: PatternEvent[] = []
      let time = LATER
      for (const { calls, later } of steps) {
        time += later
        if (later > 0) recent = []
        await redis.hset(keys.head, { time })
        times.push({ after: await redis.xlen(keys.log), time })
        await Promise.all(
          calls.map(call => {
            const events = call.events.map((each, at) => eventOf(each, `event-${offered + at}`))
            const again = call.again.flatMap(at => recent[at % Math.max(1, recent.length)] ?? [])
            offered += events.length
            recent.push(...events)
            return writers[call.writer]?.appendAll([...events, ...again].map(encodeEvent))
          })
        )
      }

      const log = await entries()
      const timeAt = (offset: number) => times.findLast(({ after }) => offset > after)?.time ?? 0
      assert.deepEqual(
        log.map(({ before, late }) => ({ before, late })),
        reference(log, timeAt)
      )
      assert.equal(log.length, offered + 1)
      assert.equal(await redis.hlen(keys.states), await redis.zcard(keys.forget))
      total += log.length
    }),
    { numRuns: 300 }
  )
  t.ok(total > 3_000, `${total} entries compared`)
})

t.test('values are those of the state that is replaced, an end is undone only by what is newer', async t => {
  const events = [detected(5, 0.5), detected(4, 0.4), detected(5, 0.55), expired(7), detected(7, 0.7), detected(8, 0.8)]
  await append(writer(), [...events, expired(6), detected(9, 0.9)])

  t.same(await changes(), [undefined, 'late', 0.5, 0.55, 'late', undefined, 'late', 0.8])
})

t.test('duplicates change nothing', async t => {
  await append(writer(), [detected(1, 0.1), detected(2, 0.2), detected(1, 0.1), detected(3, 0.3), detected(2, 0.2)])

  t.same(await changes(), [undefined, 0.1, 0.2])
})

t.test('states go with a lost log, and stay where only its head was lost', async t => {
  await append(writer(), [detected(5, 0.5)])
  await redis.del(keys.head)
  await append(writer(), [detected(6, 0.6)])
  const kept = await changes()

  await redis.del(keys.log)
  await append(writer(), [detected(4, 0.4)])

  t.same(kept, [undefined, 0.5])
  t.same(await changes(), [undefined])
})

t.test('states and seen ids of a lost log are forgotten also where a reader found the loss first', async t => {
  await append(writer(), [detected(5, 0.5)])
  await redis.del(keys.log)
  await openLog(redis, channel)

  await append(writer(), [detected(5, 0.5)])

  t.same(await changes(), [undefined])
})

t.test('states go back with a log that lost its tail', async t => {
  const knowing = writer()
  await append(knowing, [detected(1, 0.1)])
  const goBack = await snapshot()
  await append(knowing, [expired(3)])
  await goBack()

  await append(knowing, [detected(2, 0.2)])

  t.same(await changes(), [undefined, 0.1])
})

t.test('states beyond the bound are forgotten, those due first', async t => {
  const bounded = writer({ statesRemembered: 10 })
  await append(bounded, [detected(1, 0.1), ...range(1, 40).map(number => expired(number, `P${number}`))])

  t.equal(await redis.hlen(keys.states), 10)
  t.equal(await redis.zcard(keys.forget), 10)
  t.ok(await redis.hexists(keys.states, 'A'), 'a live one is due later than an end')
})

t.test('states that are due are removed, a few with each append', async t => {
  await append(
    writer(),
    range(1, 40).map(number => expired(number, `P${number}`))
  )
  await redis.hset(keys.head, { time: LATER })
  await append(writer(), [expired(41, 'P41'), expired(42, 'P42')])

  t.equal(await redis.hlen(keys.states), 42 - 2 * (8 + 2))
  t.equal(await redis.zcard(keys.forget), 42 - 2 * (8 + 2))
})
