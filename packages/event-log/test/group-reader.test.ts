import { setImmediate as turn } from 'node:timers/promises'
import { startFaultProxy, until } from '@tickstock/test-kit'
import fc from 'fast-check'
import t from 'tap'
import { GroupReader, type GroupReaderOptions, LogWriter, openLog } from '../src/index.ts'
import { eventOf, eventsOf, range } from './fixtures/event-of.ts'
import { follow, offsetsOf } from './fixtures/follow.ts'
import { readersKeepTheirPlace } from './fixtures/reader-conformance.ts'
import { recordedLogger } from './fixtures/recorded-logger.ts'
import { append, channel, keys, startLog } from './fixtures/start-log.ts'

const { redis, connect, writer, port } = await startLog(t)
const group = 'gateway-1'

const reader = async (options: Partial<GroupReaderOptions> = {}) =>
  new GroupReader({
    connect,
    channel,
    group,
    consumer: 'first',
    from: options.from ?? (await openLog(redis, channel)),
    logger: recordedLogger().logger,
    blockMs: 20,
    ...options
  })

const pending = async () => (await redis.xpending(keys.log, group))[0]
const consumers = async () => String(await redis.xinfo('CONSUMERS', keys.log, group))

t.beforeEach(() => redis.flushall())

await readersKeepTheirPlace(t, (options, life) =>
  acknowledging(new GroupReader({ ...options, group: life, consumer: life }))
)

t.test('what was not acknowledged comes again to the next process, before what is new', async t => {
  await openLog(redis, channel)
  const one = await reader()
  await append(writer(), eventsOf(1, 10))
  const first = follow(t, one)
  const head = await first.idleAt(10)
  one.ack({ ...head, offset: 6 })
  await first.stop()
  await append(writer(), eventsOf(11, 12))

  const two = await reader({ consumer: 'second' })
  const second = follow(t, two)
  await second.idleAt(12)

  t.same(offsetsOf(second.entries), range(7, 12))
  t.same(second.gaps, [])
  two.ack(two.cursor)
  await until(async () => (await pending()) === 0)
})

t.test('a predecessor leaves its entries and its name to its successor', async t => {
  await openLog(redis, channel)
  const first = follow(t, await reader())
  await append(writer(), eventsOf(1, 3))
  await first.idleAt(3)
  await first.stop()

  const second = follow(t, await reader({ consumer: 'second' }))
  await second.idleAt(3)
  await second.stop()
  const third = follow(t, await reader({ consumer: 'third' }))
  await third.idleAt(3)

  t.same(offsetsOf(third.entries), [1, 2, 3])
  t.notMatch(await consumers(), /first/)
  t.match(await consumers(), /third/)
})

t.test('what a predecessor that still lives is given meanwhile is not missed', async t => {
  await openLog(redis, channel)
  const following = follow(t, await reader({ blockMs: 1, consumer: 'second' }))
  await following.idleAt(0)

  await Promise.all([
    append(writer(), eventsOf(1, 30)),
    (async () => {
      for (let round = 0; round < 200; round++) {
        await redis.xreadgroup('GROUP', group, 'first', 'COUNT', 1, 'STREAMS', keys.log, '>')
        await turn()
      }
    })()
  ])
  await following.idleAt(30)

  t.same(offsetsOf(following.entries), range(1, 30))
  t.same(following.gaps, [])
})

t.test('nor is what such a predecessor is given last, when nothing follows it', async t => {
  const { epoch } = await openLog(redis, channel)
  const following = follow(t, await reader({ consumer: 'second' }))
  await following.idleAt(0)

  await redis
    .multi()
    .xadd(keys.log, '1-0', 'epoch', epoch, 'at', '1', 'event', JSON.stringify(eventOf(1)))
    .hset(keys.head, { offset: 1 })
    .xreadgroup('GROUP', group, 'first', 'STREAMS', keys.log, '>')
    .exec()
  await following.idleAt(1)

  t.same(offsetsOf(following.entries), [1])
  t.same(following.gaps, [])
})

t.test('what was delivered and then trimmed before it was acknowledged is a gap, and is pending no longer', async t => {
  const from = await openLog(redis, channel)
  const first = follow(t, await reader())
  await append(writer(), eventsOf(1, 10))
  await first.idleAt(10)
  await first.stop()
  await redis.xtrim(keys.log, 'MINID', '5-0')

  const two = await reader({ consumer: 'second' })
  const second = follow(t, two)
  await second.idleAt(10)
  two.ack(two.cursor)

  t.match(second.gaps, [{ reason: 'expired', have: { offset: 0 }, next: { ...from, offset: 4 } }])
  t.same(offsetsOf(second.entries), range(5, 10))
  await until(async () => (await pending()) === 0)
})

t.test('a reply lost on its way is read again', async t => {
  const proxy = await startFaultProxy(t, { target: { host: '127.0.0.1', port } })
  const from = await openLog(redis, channel)
  const following = follow(t, await reader({ from, connect: () => connect(proxy.port), blockMs: 10_000 }))
  await following.idleAt(0)
  await until(async () => (await blocked()) === 1)

  proxy.freeze()
  await append(writer(), eventsOf(1, 3))
  await until(async () => Number(await pending()) > 0, { what: 'Redis to deliver to the group' })
  await proxy.cut()
  proxy.thaw()
  await proxy.restore()
  await until(() => following.entries.length === 3)

  t.same(offsetsOf(following.entries), [1, 2, 3])
  t.same(following.gaps, [])
})

t.test('a group that was destroyed is made again, and nothing is missed or told twice', async t => {
  await openLog(redis, channel)
  const under = await reader()
  const following = follow(t, under)
  await append(writer(), eventsOf(1, 5))
  const head = await following.idleAt(5)
  under.ack({ ...head, offset: 2 })
  await until(async () => (await pending()) === 3)

  await redis.xgroup('DESTROY', keys.log, group)
  await append(writer(), eventsOf(6, 8))
  await following.idleAt(8)
  await following.stop()
  const next = follow(t, await reader())
  await next.idleAt(8)

  t.same(offsetsOf(following.entries), range(1, 8))
  t.same(offsetsOf(next.entries), range(3, 8))
  t.same([...following.gaps, ...next.gaps], [])
})

t.test('only what was delivered can be acknowledged, of this epoch, and thousands at once', async t => {
  await openLog(redis, channel)
  const under = await reader()
  const following = follow(t, under)
  const pipelined = new LogWriter({ redis, channel })
  await Promise.all(eventsOf(1, 2_500).map(event => pipelined.append(event)))
  const head = await following.idleAt(2_500)

  under.ack({ epoch: 'another', offset: 2_500 })
  under.ack({ ...head, offset: 100 })
  await until(async () => (await pending()) === 2_400)
  under.ack({ ...head, offset: 50 })
  under.ack({ ...head, offset: 999_999 })
  await until(async () => (await pending()) === 0)
  await append(pipelined, [eventOf(0)])
  await following.idleAt(2_501)

  t.equal(await pending(), 1)
})

t.test('acknowledgements that cannot be sent at the end are told', async t => {
  const proxy = await startFaultProxy(t, { target: { host: '127.0.0.1', port } })
  const { records, logger } = recordedLogger()
  const under = await reader({ connect: () => connect(proxy.port), logger, blockMs: 10_000 })
  await append(writer(), eventsOf(1, 2))
  const following = follow(t, under)
  await until(async () => following.entries.length === 2 && (await blocked()) === 1)

  await proxy.cut()
  under.ack(under.cursor)
  await following.stop()

  t.ok(records.some(({ message }) => message.startsWith('the last acknowledgements were not sent')))
  t.equal(await pending(), 2)
})

t.test(
  'whatever is acknowledged and whenever a process dies, nothing is lost and nothing acknowledged comes again',
  t =>
    fc
      .assert(
        fc.asyncProperty(
          fc.integer({ min: 1, max: 60 }),
          fc.integer({ min: 1, max: 9 }),
          fc.array(fc.tuple(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 0, max: 12 })), { maxLength: 6 }),
          async (count, batch, lives) => {
            await redis.flushall()
            const from = await openLog(redis, channel)
            const writing = append(writer(), eventsOf(1, count))
            let acknowledged = 0
            let taken = 0

            const endless = [Number.POSITIVE_INFINITY, 0] as const
            for (const [life, [signals, lag]] of [...lives, endless].entries()) {
              const under = await reader({ from, batch, consumer: `life-${life}`, blockMs: 5 })
              const abort = new AbortController()
              let [next, left]: [number, number] = [acknowledged + 1, signals]
              for await (const signal of under.signals(abort.signal)) {
                if (signal.kind === 'gap') throw new Error(JSON.stringify(signal))
                for (const { offset } of signal.kind === 'entries' ? signal.entries : []) {
                  if (offset !== next++) throw new Error(`${offset} came instead of ${next - 1}`)
                }
                taken = Math.max(taken, next - 1)
                if (next - 1 - lag > acknowledged) {
                  acknowledged = next - 1 - lag
                  under.ack({ ...from, offset: acknowledged })
                }
                left -= 1
                if (left <= 0 || next > count) abort.abort()
              }
              if (taken === count) break
            }
            await writing

            t.equal(taken, count)
          }
        ),
        { numRuns: 30 }
      )
      .then(() => t.end())
)

const blocked = async () => Number(/blocked_clients:(\d+)/.exec(await redis.info('clients'))?.[1])

/** The same reader, that acknowledges each signal as soon as the next one is asked for. */
function acknowledging(under: GroupReader) {
  return {
    get cursor() {
      return under.cursor
    },
    get failures() {
      return under.failures
    },
    get lastReadAt() {
      return under.lastReadAt
    },
    async *signals(abort: AbortSignal) {
      for await (const signal of under.signals(abort)) {
        yield signal
        under.ack(under.cursor)
      }
    }
  }
}
