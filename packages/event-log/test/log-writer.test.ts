import { offsetOf } from '@tickstock/contracts'
import { until } from '@tickstock/test-kit'
import fc from 'fast-check'
import t from 'tap'
import { APPENDED_AT_ONCE, type AppendResult, firstOffset, isRetryable, openLog, readRange } from '../src/index.ts'
import { encodedOf, eventOf, eventsOf, range } from './fixtures/event-of.ts'
import { append, channel, keys, startLog } from './fixtures/start-log.ts'

const { redis, connection, writer, snapshot } = await startLog(t)

t.beforeEach(() => redis.flushall())

const offsets = async () => (await readRange(redis, channel, { after: 0, count: 10_000 })).map(entry => entry.offset)

t.test('offsets are dense and counted from 1, and the entry says what was appended, when', async t => {
  const before = Date.now()

  const results = await append(writer(), eventsOf(1, 3))

  const { epoch } = await openLog(redis, channel)
  const entries = await readRange(redis, channel, { after: 1, count: 10 })
  t.same(
    results,
    range(1, 3).map(offset => ({ result: 'appended', position: { epoch, offset } }))
  )
  t.match(entries, [
    { epoch, offset: 2, event: eventOf(2), json: JSON.stringify(eventOf(2)) },
    { epoch, offset: 3, event: eventOf(3) }
  ])
  t.ok(entries.every(({ appendedAt }) => Math.abs(appendedAt - before) < 60_000))
  t.same((await readRange(redis, channel, { after: 0, count: 2 })).length, 2)
})

t.test('an event is appended once within the window, and again after it', async t => {
  const impatient = writer({ windowMs: 1 })
  await append(impatient, [eventOf(1)])
  const [again] = await append(writer(), [eventOf(1)])
  await until(async () => (await append(impatient, [eventOf(1)]))[0]?.result === 'appended')

  t.same(again, { result: 'duplicate' })
  t.same(await offsets(), [1, 2])
})

t.test('events appended in one call are in their order, each once, and the results say which', async t => {
  await append(writer(), [eventOf(2)])

  const results = await writer().appendAll([1, 2, 3, 3].map(encodedOf))

  const { epoch } = await openLog(redis, channel)
  const appended = (offset: number) => ({ result: 'appended', position: { epoch, offset } })
  t.same(results, [appended(2), { result: 'duplicate' }, appended(3), { result: 'duplicate' }])
  const entries = await readRange(redis, channel, { after: 0, count: 10 })
  t.same(
    entries.map(({ event }) => event.id),
    [2, 1, 3].map(number => eventOf(number).id)
  )
})

t.test('what would hold Redis for too long is refused; nothing is nothing', async t => {
  t.equal((await writer().appendAll(range(1, APPENDED_AT_ONCE).map(encodedOf))).length, APPENDED_AT_ONCE)
  await t.rejects(writer().appendAll(range(0, APPENDED_AT_ONCE).map(encodedOf)), RangeError)
  t.same(await writer().appendAll([]), [])
})

t.test('ids that have left the window are removed, a few with each append', async t => {
  await append(writer(), [eventOf(99)])
  const old = eventsOf(1, 40).flatMap(({ id }) => [1, id])
  await redis.zadd(keys.seen, ...old)
  await append(writer(), eventsOf(100, 102))

  t.equal(await redis.zcard(keys.seen), 40 + 4 - 3 * (8 + 2))
})

t.test('calls handed in together keep their order, even when Redis has forgotten the script', async t => {
  const pipelined = writer({ redis: connection() })
  await pipelined.append(eventOf(0))
  await redis.script('FLUSH')

  const results = await Promise.all(eventsOf(1, 50).map(event => pipelined.append(event)))

  t.same(
    results.map(result => result.result === 'appended' && result.position.offset),
    range(2, 51)
  )
})

t.test(
  'whichever number of writers append whatever with duplicates, each event is in the log once, densely numbered',
  t =>
    fc
      .assert(
        fc.asyncProperty(
          fc.array(fc.array(fc.nat({ max: 40 }), { maxLength: 40 }), { minLength: 1, maxLength: 8 }),
          async numbersOfWriters => {
            await redis.flushall()
            const results = await Promise.all(
              numbersOfWriters.map(numbers =>
                Promise.all(inCalls(numbers).map(call => writer({ redis: pick() }).appendAll(call.map(encodedOf))))
              )
            )
            const entries = await readRange(redis, channel, { after: 0, count: 1_000 })

            const appended = results.flat(2).filter(({ result }) => result === 'appended')
            const distinct = new Set(numbersOfWriters.flat().map(number => eventOf(number).id))
            t.same(
              entries.map(({ offset }) => offset),
              range(1, distinct.size)
            )
            t.same(new Set(entries.map(({ event }) => event.id)), distinct)
            t.equal(appended.length, distinct.size)
          }
        ),
        { numRuns: 40 }
      )
      .then(() => t.end())
)

/** Calls of one, two, three … */
function inCalls(numbers: readonly number[]): readonly number[][] {
  const calls: number[][] = []
  for (let from = 0, size = 1; from < numbers.length; from += size++) calls.push(numbers.slice(from, from + size))
  return calls
}

const connections = range(1, 4).map(connection)
let turn = 0
const pick = () => connections[turn++ % connections.length] ?? redis

t.test('a lost head begins a new epoch that continues the offsets of the stream', async t => {
  const [before] = await append(writer(), eventsOf(1, 3))
  await redis.del(keys.head)

  const [after, duplicate] = await append(writer(), [eventOf(4), eventOf(1)])

  t.match(after, { result: 'appended', position: { offset: 4 } })
  t.match(duplicate, { result: 'duplicate' })
  t.not(epochOf(after), epochOf(before))
})

t.test('a lost stream begins a new epoch from 1, in which what was lost may be appended again', async t => {
  const [before] = await append(writer(), eventsOf(1, 3))
  await redis.del(keys.log)

  const [after] = await append(writer(), [eventOf(2)])

  t.match(after, { result: 'appended', position: { offset: 1 } })
  t.not(epochOf(after), epochOf(before))
})

t.test('a log that lost its tail begins a new epoch as soon as a writer that knew it comes', async t => {
  const knowing = writer()
  await append(knowing, eventsOf(1, 3))
  const goBack = await snapshot()
  const [before] = await append(knowing, [eventOf(4)])
  await goBack()

  const [duplicate, after] = await append(knowing, [eventOf(3), eventOf(4)])

  t.match(duplicate, { result: 'duplicate' })
  t.match(after, { result: 'appended', position: { offset: 4 } })
  t.not(epochOf(after), epochOf(before))
  t.same((await openLog(redis, channel)).epoch, epochOf(after))
})

t.test('a stream that somebody else has written to is continued under a new epoch', async t => {
  const [before] = await append(writer(), eventsOf(1, 3))
  await redis.xadd(keys.log, '7-5', 'stray', 'entry')

  const [after] = await append(writer(), [eventOf(4)])

  t.match(after, { result: 'appended', position: { offset: 8 } })
  t.not(epochOf(after), epochOf(before))
})

t.test('offsets beyond what Lua writes without an exponent are still exact', async t => {
  const { epoch } = await openLog(redis, channel)
  const far = 9_007_199_254_740_000
  await redis.xadd(keys.log, `${far}-0`, 'epoch', epoch, 'at', '1', 'event', JSON.stringify(eventOf(1)))
  await redis.hset(keys.head, { offset: far })

  t.match(await append(writer(), [eventOf(2)]), [{ result: 'appended', position: { epoch, offset: far + 1 } }])
  t.equal(await firstOffset(redis, channel), far)
  t.equal(offsetOf(`${far}-0`), far)
})

t.test('a full Redis refuses, changes nothing, and says that it may be tried again', async t => {
  await append(writer(), [eventOf(1)])
  t.teardown(() => redis.config('SET', 'maxmemory', '0'))
  await redis.config('SET', 'maxmemory', '1')

  const refused = await writer().append(eventOf(2)).catch(caught)
  await redis.config('SET', 'maxmemory', '0')

  t.match(refused, { message: /^OOM/ })
  t.ok(isRetryable(refused))
  t.same(await offsets(), [1])
  t.match(await append(writer(), [eventOf(2)]), [{ result: 'appended', position: { offset: 2 } }])
})

t.test('a replica refuses, and says that it may be tried again', async t => {
  t.teardown(() => redis.replicaof('NO', 'ONE'))
  await redis.replicaof('127.0.0.1', '1')

  const refused = await writer().append(eventOf(1)).catch(caught)

  t.match(refused, { message: /^READONLY/ })
  t.ok(isRetryable(refused))
})

t.test('a key of another type is no passing trouble', async t => {
  await redis.set(keys.log, 'text')

  const refused = await writer().append(eventOf(1)).catch(caught)

  t.match(refused, { message: /^WRONGTYPE/ })
  t.notOk(isRetryable(refused))
})

t.test('a Redis that is gone may be tried again', async t => {
  const lost = connection()
  await lost.ping()
  lost.disconnect()

  t.ok(isRetryable(await writer({ redis: lost }).append(eventOf(1)).catch(caught)))
  t.notOk(isRetryable(new TypeError('a mistake of ours')))
  t.notOk(isRetryable('not an error'))
})

const caught = (error: unknown) => error

const epochOf = (result: AppendResult | undefined) =>
  result?.result === 'appended' ? result.position.epoch : undefined
