import { gatewayGroup, offsetOf, type Position } from '@tickstock/contracts'
import fc from 'fast-check'
import t from 'tap'
import {
  APPENDED_AT_ONCE,
  firstOffset,
  GroupReader,
  isRetryable,
  LogRetention,
  LogWriter,
  openLog,
  readRange
} from '../src/index.ts'
import { encodedOf, eventOf, eventsOf, range } from './fixtures/event-of.ts'
import { follow } from './fixtures/follow.ts'
import { recordedLogger } from './fixtures/recorded-logger.ts'
import { append, channel, keys, startLog } from './fixtures/start-log.ts'

const { redis, connect, connection, writer } = await startLog(t)

const DAY = 24 * 60 * 60 * 1000

const retention = (options: { maxAgeMs?: number; maxLength?: number } = {}) =>
  new LogRetention({ redis, channel, maxAgeMs: DAY, maxLength: 1_000_000, ...options })

const fill = async (first: number, last: number, options = {}) => {
  const under = writer(options)
  for (let from = first; from <= last; from += APPENDED_AT_ONCE) {
    await under.appendAll(range(from, Math.min(last, from + APPENDED_AT_ONCE - 1)).map(encodedOf))
  }
}

const offsets = async () => (await readRange(redis, channel, { after: 0, count: 100_000 })).map(({ offset }) => offset)

const joined = (group: string, after: number) => redis.xgroup('CREATE', keys.log, group, `${after}-0`, 'MKSTREAM')

const take = (group: string, count: number) =>
  redis.xreadgroup('GROUP', group, 'one', 'COUNT', count, 'STREAMS', keys.log, '>')

const acknowledge = (group: string, offsets: readonly number[]) =>
  redis.xack(keys.log, group, ...offsets.map(offset => `${offset}-0`))

/** Entries under the next offsets that were appended so long ago. */
const aged = async (ages: readonly number[]) => {
  const { epoch, offset } = await openLog(redis, channel)
  const [seconds] = await redis.time()
  const pipeline = redis.pipeline()
  for (const [index, age] of ages.entries()) {
    const at = 1_000 * Number(seconds) - age
    const event = JSON.stringify(eventOf(offset + index + 1))
    pipeline.xadd(keys.log, `${offset + index + 1}-0`, 'epoch', epoch, 'at', at, 'event', event)
  }
  pipeline.hset(keys.head, 'offset', offset + ages.length)
  await pipeline.exec()
}

t.beforeEach(() => redis.flushall())

t.test('a log that was never written to retains nothing', async t => {
  t.same(await retention().apply(), { length: 0, oldestAgeMs: 0, cut: 0, cutUnread: 0 })
  t.equal(await redis.exists(keys.log, keys.head), 0)
})

t.test('what is beyond the length goes, the oldest first, and exactly that', async t => {
  await fill(1, 2_500)

  const retained = await retention({ maxLength: 100 }).apply()

  t.match(retained, { length: 100, cut: 2_400, cutUnread: 0 })
  t.same(await offsets(), range(2_401, 2_500))
  t.match(await append(writer(), [eventOf(2_501), eventOf(2_500)]), [
    { result: 'appended', position: { offset: 2_501 } },
    { result: 'duplicate' }
  ])
})

t.test('what is too old goes, and the age of the oldest that is left is told', async t => {
  await aged([...range(1, 1_500).map(() => 2 * DAY), DAY / 2, 0])

  const retained = await retention().apply()

  t.match(retained, { length: 2, cut: 1_500, cutUnread: 0 })
  t.ok(retained.oldestAgeMs >= DAY / 2 && retained.oldestAgeMs < DAY / 2 + 60_000)
  t.same(await offsets(), [1_501, 1_502])
})

t.test('a log of which all is too old is empty then, and goes on where it was', async t => {
  await aged([2 * DAY, 2 * DAY, 2 * DAY])
  const { epoch } = await openLog(redis, channel)

  t.match(await retention().apply(), { length: 0, oldestAgeMs: 0, cut: 3 })
  t.equal(await firstOffset(redis, channel), 4)
  t.match(await append(writer(), [eventOf(4)]), [{ position: { epoch, offset: 4 } }])
})

t.test('what a gateway has not acknowledged stays, delivered or not, whatever its age and number', async t => {
  await joined(gatewayGroup(0), 0)
  await joined(gatewayGroup(1), 0)
  await joined('somebody-else', 0)
  await aged(range(1, 10).map(() => 2 * DAY))
  await take(gatewayGroup(0), 8)
  await acknowledge(gatewayGroup(0), [1, 2, 3, 4, 6])
  await take(gatewayGroup(1), 7)
  await acknowledge(gatewayGroup(1), range(1, 7))

  t.match(await retention({ maxLength: 1 }).apply(), { length: 6, cut: 4, cutUnread: 0 })
  t.same(await offsets(), range(5, 10))

  await acknowledge(gatewayGroup(0), [5, 7, 8])
  t.match(await retention({ maxLength: 1 }).apply(), { cut: 7 })

  await redis.xgroup('DESTROY', keys.log, gatewayGroup(0))
  await redis.xgroup('DESTROY', keys.log, gatewayGroup(1))
  t.match(await retention({ maxLength: 1 }).apply(), { length: 0, cut: 10, cutUnread: 0 })
})

t.test('what was not projected stays, and all of it where another epoch was projected or none', async t => {
  await fill(1, 20)
  const { epoch } = await openLog(redis, channel)
  const cutWhere = async (position: Position | undefined) => {
    const projected = async () => position
    await new LogRetention({ redis, channel, maxAgeMs: DAY, maxLength: 5, projected }).apply()
    return firstOffset(redis, channel)
  }

  t.equal(await cutWhere(undefined), 1)
  t.equal(await cutWhere({ epoch: 'another', offset: 20 }), 1)
  t.equal(await cutWhere({ epoch, offset: 0 }), 1)
  t.equal(await cutWhere({ epoch, offset: 7 }), 8)
  await joined(gatewayGroup(0), 9)
  t.equal(await cutWhere({ epoch, offset: 20 }), 10)
  await redis.xgroup('DESTROY', keys.log, gatewayGroup(0))
  t.equal(await cutWhere({ epoch, offset: 20 }), 16)
})

t.test('where it is not known how far the log was projected, nothing goes', async t => {
  await fill(1, 20)
  const projected = () => Promise.reject(new Error('away'))

  await t.rejects(new LogRetention({ redis, channel, maxAgeMs: DAY, maxLength: 5, projected }).apply(), {
    message: 'away'
  })
  t.equal(await firstOffset(redis, channel), 1)
})

t.test('beyond its hard length a log is cut whoever has not read it, and that is counted', async t => {
  await joined(gatewayGroup(0), 0)
  await fill(1, 384, { hardLength: 200 })
  await take(gatewayGroup(0), 300)
  await acknowledge(gatewayGroup(0), range(1, 250))

  t.same(await offsets(), range(185, 384))
  t.match(await retention().apply(), { length: 200, cut: 184, cutUnread: 184 })

  await fill(385, 512, { hardLength: 200 })
  t.same(await offsets(), range(313, 512))
  t.match(await retention().apply(), { cut: 312, cutUnread: 184 + 62 }, 'what was acknowledged is cut, but not lost')
})

t.test('a log that nobody reads is cut at its hard length, and nothing of it is lost to anybody', async t => {
  await joined('somebody-else', 0)
  await fill(1, 256, { hardLength: 100 })

  t.match(await retention().apply(), { length: 100, cut: 156, cutUnread: 0 })
})

t.test('the length is looked at once in 128 entries, however they come', async t => {
  await append(writer({ hardLength: 1 }), eventsOf(1, 127))
  t.equal((await offsets()).length, 127)
  await append(writer({ hardLength: 1 }), eventsOf(128, 130))
  t.same(await offsets(), [128, 129, 130])
  await writer({ hardLength: 1 }).appendAll(range(131, 257).map(encodedOf))
  t.same(await offsets(), [257])
})

t.test('a hard length that was lowered is reached some entries at a time', async t => {
  await fill(1, 3_500)

  for (const [from, first] of [
    [3_501, 1_001],
    [3_629, 2_001],
    [3_757, 3_001],
    [3_885, 3_913]
  ] as const) {
    await fill(from, from + 127, { hardLength: 100 })
    t.equal(await firstOffset(redis, channel), first)
  }
})

t.test('what the hard length cuts unread is told to the reader as a gap, and counted exactly', async t => {
  const from = await openLog(redis, channel)
  const member = (consumer: string) => {
    const { logger } = recordedLogger()
    return new GroupReader({ connect, channel, from, group: gatewayGroup(3), consumer, logger, blockMs: 20 })
  }
  const before = member('one')
  const first = follow(t, before)
  await first.idleAt(0)
  await fill(1, 50)
  before.ack(await first.idleAt(50))
  await first.stop()
  await fill(51, 1_000, { hardLength: 300 })
  const { cutUnread } = await retention({ maxLength: 10 }).apply()

  const second = follow(t, member('two'))
  await second.idleAt(1_000)

  t.match(second.gaps, [{ reason: 'expired', have: { offset: 50 }, next: { offset: 50 + cutUnread } }])
  t.equal(second.entries.length + cutUnread + 50, 1_000)
  t.equal(cutUnread, 946 - 300 - 50)
})

t.test('a clock that was set back, and an entry that is not ours, cost nothing that is young', async t => {
  await aged([2 * DAY, 0, 2 * DAY])
  await redis.xadd(keys.log, '4-0', 'nothing', 'of ours')
  await redis.hset(keys.head, 'offset', 4)
  await aged([0, 0, 0])

  await retention().apply()

  t.same(
    (await redis.xrange(keys.log, '-', '+')).map(([id]) => id),
    range(2, 7).map(offset => `${offset}-0`)
  )
})

t.test('offsets that jump are no reason to cut more', async t => {
  await fill(1, 20)
  await redis.xadd(keys.log, '1000000000000-0', 'stray', 'entry')
  await fill(21, 40)

  const { length } = await retention({ maxLength: 30 }).apply()

  t.equal(length, 30)
  t.same((await redis.xrange(keys.log, '-', '+'))[0]?.[0], '12-0')
  t.match(await retention({ maxLength: 10 }).apply(), { length: 10 })
})

t.test('nor are they entries that were cut unread', async t => {
  await joined(gatewayGroup(0), 0)
  await fill(1, 20)
  await redis.xadd(keys.log, '1000000000000-0', 'stray', 'entry')
  await fill(21, 300, { hardLength: 10 })

  const { cut, cutUnread } = await retention().apply()

  t.equal(cutUnread, cut)
})

t.test('an abort ends it after the step that is under way', async t => {
  await fill(1, 5_000)
  const stop = new AbortController()
  stop.abort()

  const { length } = await retention({ maxLength: 0 }).apply(stop.signal)
  t.equal(length, 4_000)

  t.match(await retention({ maxLength: 0 }).apply(), { length: 0, cut: 5_000 })
})

t.test('a full Redis lets go of what may go', async t => {
  await fill(1, 100)
  t.teardown(() => redis.config('SET', 'maxmemory', '0'))
  await redis.config('SET', 'maxmemory', '1')

  t.match(await retention({ maxLength: 10 }).apply(), { length: 10, cut: 90 })
})

t.test('a Redis that is gone may be tried again', async t => {
  const lost = connection()
  await lost.ping()
  lost.disconnect()

  const under = new LogRetention({ redis: lost, channel, maxAgeMs: DAY, maxLength: 1 })
  t.ok(isRetryable(await under.apply().catch(error => error)))
})

interface GroupPlan {
  readonly joinedAfter: number
  readonly taken: number
  /** Which of those that were delivered are not acknowledged. */
  readonly left: readonly number[]
}

const plans = fc.array(
  fc.record<GroupPlan>({
    joinedAfter: fc.nat({ max: 30 }),
    taken: fc.nat({ max: 80 }),
    left: fc.array(fc.nat({ max: 80 }), { maxLength: 3 })
  }),
  { maxLength: 4 }
)

t.test(
  'whatever was appended, delivered and acknowledged: nothing unread is cut, what may go goes, and the rest is dense',
  t =>
    fc
      .assert(
        fc.asyncProperty(
          fc.array(fc.nat({ max: 20 }), { maxLength: 80 }),
          plans,
          fc.nat({ max: 90 }),
          fc.nat({ max: 20 }),
          async (hours, groups, maxLength, maxHours) => {
            await redis.flushall()
            const sorted = hours.toSorted((one, other) => other - one)
            await aged(sorted.map(age => age * 3_600_000))
            const last = sorted.length
            const floors = await Promise.all(groups.map((plan, slot) => play(plan, gatewayGroup(slot), last)))

            const replicas = range(1, 3).map(() => retention({ maxLength, maxAgeMs: (maxHours + 0.5) * 3_600_000 }))
            const results = await Promise.all(replicas.map(replica => replica.apply()))

            const tooOld = sorted.filter(age => age > maxHours).length
            const due = Math.max(tooOld, last - maxLength, 0)
            const expected = Math.min(due, ...floors)
            t.same(await offsets(), range(expected + 1, last))
            t.match(results.at(-1), { length: last - expected, cut: expected, cutUnread: 0 })
          }
        ),
        { numRuns: 150 }
      )
      .then(() => t.end())
)

t.test('whatever the hard length cuts of what some group has not acknowledged is counted once, as gaps say', t =>
  fc
    .assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 128 }), fc.nat({ max: 128 }), fc.boolean()), { maxLength: 12 }),
        fc.integer({ min: 1, max: 200 }),
        fc.nat({ max: 100 }),
        async (steps, hardLength, slack) => {
          await redis.flushall()
          await openLog(redis, channel)
          await joined(gatewayGroup(0), 0)
          const under = new LogWriter({ redis, channel, hardLength })
          let appended = 0
          let read = 0
          let lost = 0
          for (const [count, taken, retained] of steps) {
            const had = await firstOffset(redis, channel)
            await under.appendAll(range(appended + 1, appended + count).map(encodedOf))
            appended += count
            lost += Math.max(0, (await firstOffset(redis, channel)) - Math.max(had, read + 1))
            if (taken > 0) read = Math.max(read, await consume(gatewayGroup(0), taken))
            if (retained) await retention({ maxLength: Math.max(0, hardLength - slack) }).apply()
          }

          t.match(await retention().apply(), { cutUnread: lost })
        }
      ),
      { numRuns: 100 }
    )
    .then(() => t.end())
)

/** Reads and acknowledges. Returns the last offset that was read, 0 for none. */
async function consume(group: string, count: number): Promise<number> {
  await take(group, count)
  const [, , last] = await redis.xpending(keys.log, group)
  if (typeof last !== 'string') return 0
  await acknowledge(group, range(1, offsetOf(last)))
  return offsetOf(last)
}

/** What a group has done. Returns the offset up to which it has acknowledged all. */
async function play({ joinedAfter, taken, left }: GroupPlan, group: string, last: number): Promise<number> {
  await joined(group, joinedAfter)
  if (taken > 0) await take(group, taken)
  const delivered = range(joinedAfter + 1, Math.min(last, joinedAfter + taken))
  const kept = delivered.filter((_, index) => left.includes(index))
  const done = delivered.filter(offset => !kept.includes(offset))
  if (done.length > 0) await acknowledge(group, done)
  return (kept[0] ?? Math.max(joinedAfter, delivered.at(-1) ?? 0) + 1) - 1
}
