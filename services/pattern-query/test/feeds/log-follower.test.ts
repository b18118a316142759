import {
  encodeEvent,
  headKey,
  type KnownEvents,
  logKey,
  UNIFIED_KEY,
  UNIFIED_POSITIONS_KEY,
  unifiedStatesKey
} from '@tickstock/contracts'
import { inspectLog, LogWriter } from '@tickstock/event-log'
import { createRegistry } from '@tickstock/service-kit'
import { startFaultProxy, startRedis, until } from '@tickstock/test-kit'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { PatternView } from '../../src/domain/view/pattern-view.ts'
import { EventsOnTheirWay } from '../../src/feeds/events-on-their-way.ts'
import { LogFollower } from '../../src/feeds/log-follower.ts'
import { createInstruments } from '../../src/instruments.ts'
import { UnifiedLoader } from '../../src/stores/unified-loader.ts'
import { UnifiedPatterns } from '../../src/stores/unified-patterns.ts'
import { detected, expired, patternOf, silent } from '../events.ts'

/** Writes fail as ioredis fails them when the connection goes. */
class Unreliable extends UnifiedPatterns {
  failures = 0
  projecting: () => void = () => undefined

  override async project(...args: Parameters<UnifiedPatterns['project']>) {
    this.projecting()
    if (this.failures-- > 0) throw new Error('Connection is closed.')
    return super.project(...args)
  }
}

interface Circumstances {
  readonly failures?: number
  readonly through?: (url: string) => string
  readonly known?: KnownEvents
}

async function start(t: Test, { failures = 0, through = url => url, known }: Circumstances = {}) {
  const { url } = await startRedis(t)
  const open = (at: string) => {
    const redis = new Redis(at, { retryStrategy: () => 20, maxRetriesPerRequest: 1 })
    redis.on('error', () => {})
    t.teardown(() => redis.disconnect())
    return redis
  }
  const redis = open(url)
  const unified = new Unreliable({ redis })
  unified.failures = failures
  const instruments = createInstruments(createRegistry())
  const follow = (at: string = through(url)) => {
    const view = new PatternView({ maxLivePatterns: 10_000 })
    const connection = at === url ? redis : open(at)
    const follower = new LogFollower({
      channel: 'daily',
      view,
      unified,
      loader: new UnifiedLoader({ redis: connection, logger: silent }),
      redis: connection,
      connect: () => new Redis(at, { retryStrategy: null }),
      logger: silent,
      instruments,
      blockMs: 50,
      known,
      changed: () => {}
    })
    const stop = new AbortController()
    const running = follower.run(stop.signal)
    const end = () => {
      stop.abort()
      return running
    }
    t.teardown(end)
    return { view, follower, end }
  }
  const writer = new LogWriter({ redis, channel: 'daily' })
  const append = (...symbols: string[]) =>
    Promise.all(symbols.map(symbol => writer.append(detected(patternOf({ symbol })))))
  const inZset = (count: number) => until(async () => (await redis.zcard(UNIFIED_KEY)) === count)
  return { url, redis, unified, instruments, follow, writer, append, inZset }
}

t.test('live patterns that could not be written are written later, and nothing after them is passed over', async t => {
  const { follow, append, inZset } = await start(t, { failures: 2 })
  const { view } = follow()
  await append('ONE', 'TWO', 'THREE')

  await inZset(3)
  t.equal(view.size, 3)
})

t.test('an event that this process has appended itself is taken as it was; what others append is read', async t => {
  const onTheirWay = new EventsOnTheirWay()
  const { redis, follow, append, writer, inZset } = await start(t, { known: json => onTheirWay.take(json) })
  const ours = encodeEvent(detected(patternOf({ symbol: 'OURS', extra: { note: 'Zürich' } })))
  onTheirWay.add([ours])
  await writer.appendAll([ours])
  await append('THEIRS')
  const { view } = follow()
  await inZset(2)

  t.equal(onTheirWay.size, 0)
  t.equal(view.size, 2)
  const members = await redis.zrange(UNIFIED_KEY, '0', '-1')
  t.same(
    members.toSorted(),
    [ours.patternJson, encodeEvent(detected(patternOf({ symbol: 'THEIRS' }))).patternJson].toSorted()
  )
  t.ok(members.every(member => view.row(JSON.parse(member).id) === member))
})

t.test('stopped while live patterns cannot be written, it ends', async t => {
  const { redis, follow, append } = await start(t, { failures: Number.POSITIVE_INFINITY })
  const { view, end } = follow()
  await append('ONE')
  await until(() => view.size === 1)

  await end()
  t.equal(await redis.zcard(UNIFIED_KEY), 0)
})

t.test('an entry that nobody understands is told as a gap, once, and what follows is read', async t => {
  const { redis, follow, append, inZset, instruments } = await start(t)
  const { view, follower } = follow()
  await append('ONE')
  await inZset(1)
  const { head } = await inspectLog(redis, 'daily')
  await redis.xadd(logKey('daily'), '2-0', 'epoch', head.epoch, 'at', '1', 'event', 'not json')
  await redis.hset(headKey('daily'), 'offset', 2)
  await append('TWO')

  await inZset(2)
  await until(() => view.size === 2 && view.positionOf('daily')?.offset === 3)
  t.equal(follower.trouble, undefined)
  t.match((await instruments.gaps.get()).values, [{ labels: { channel: 'daily', reason: 'expired' }, value: 1 }])
})

t.test('entries of a former epoch that nobody understands are left out, and the epoch that is now is read', async t => {
  const { redis, follow, append, inZset } = await start(t)
  await append('ONE')
  const { head } = await inspectLog(redis, 'daily')
  await redis.xadd(logKey('daily'), '2-0', 'epoch', head.epoch, 'at', '1', 'event', 'not json')
  await redis.del(headKey('daily'))
  await append('TWO')

  const { view, follower } = follow()
  await inZset(1)
  await until(() => follower.caughtUp && view.positionOf('daily')?.offset === 3)
  t.equal(follower.trouble, undefined)
  t.equal(view.row(patternOf({ symbol: 'TWO' }).id), (await redis.zrange(UNIFIED_KEY, '0', '-1'))[0])
})

t.test('scans see a former epoch whole, or not at all', async t => {
  const { redis, unified, follow, append } = await start(t)
  const { view } = follow()
  await append(...Array.from({ length: 600 }, (_, index) => `S${index}`))
  await until(() => view.size === 600)
  const former = (await inspectLog(redis, 'daily')).head.epoch
  const seen: string[] = []
  unified.projecting = () => seen.push(`${view.positionOf('daily')?.epoch === former} ${view.size}`)

  await redis.del(headKey('daily'))
  await append('LAST')
  await until(() => view.positionOf('daily')?.offset === 601)

  t.equal(view.size, 601)
  t.same(
    seen.filter(one => one !== 'true 600' && one !== 'false 601'),
    []
  )
  t.ok(seen.includes('true 600'), 'the view was seen while the former epoch was projected')
})

t.test('what was trimmed while no replica ran is counted, and what follows it is read', async t => {
  const { redis, follow, append, inZset, instruments } = await start(t)
  const first = follow()
  await append('ONE')
  await inZset(1)
  await first.end()
  await append('TWO', 'THREE')
  await redis.xtrim(logKey('daily'), 'MINID', '3')

  const { view, follower } = follow()
  await inZset(2)
  await until(() => follower.caughtUp && view.positionOf('daily')?.offset === 3)
  t.equal(view.size, 2)
  t.match((await instruments.gaps.get()).values, [{ labels: { channel: 'daily', reason: 'expired' }, value: 1 }])
})

t.test('many patterns go with their epoch', async t => {
  const { redis, follow, append, inZset } = await start(t)
  const { view } = follow()
  await append(...Array.from({ length: 600 }, (_, index) => `S${index}`))
  await until(() => view.size === 600)
  await inZset(600)
  await redis.del(logKey('daily'), headKey('daily'))
  await append('ONE')

  await inZset(1)
  await until(() => view.size === 1)
  t.ok(view.row(patternOf({ symbol: 'ONE' }).id))
})

t.test('what was projected and is lost again is found missing, and projected from the log', async t => {
  const { redis, follow, append, inZset } = await start(t)
  const { view } = follow()
  await append('ONE')
  await inZset(1)
  const [states, position] = [unifiedStatesKey('daily'), await redis.hget(UNIFIED_POSITIONS_KEY, 'daily')]
  const before = await redis.hgetall(states)
  await append('TWO')
  await inZset(2)

  await redis
    .multi()
    .del(states, UNIFIED_KEY)
    .hset(states, before)
    .hset(UNIFIED_POSITIONS_KEY, 'daily', position ?? '')
    .exec()
  await append('THREE')

  await until(async () => (await redis.hlen(states)) === 3)
  await until(() => view.size === 3)
})

t.test('a replica that starts has the ends too: what comes late does not revive what another saw end', async t => {
  const { follow, append, writer, inZset, instruments } = await start(t)
  const first = follow()
  await append('ONE', 'TWO')
  await writer.append(expired(patternOf({ symbol: 'ONE', updated_at: 5 })))
  await inZset(1)
  await first.end()

  const second = follow()
  await until(() => second.follower.caughtUp)
  await writer.append(detected(patternOf({ symbol: 'ONE', updated_at: 4 }), 'late'))
  await writer.append(detected(patternOf({ symbol: 'TWO', updated_at: 6, confidence: 1 }), 'newer'))
  await until(() => second.view.positionOf('daily')?.offset === 5)

  t.equal(second.view.size, 1)
  t.equal(second.view.late, 1)
  t.match((await instruments.late.get()).values, [{ value: 1 }])
})

t.test('many patterns are read in pages, while what is projected meanwhile changes them', async t => {
  const { redis, follow, writer } = await start(t)
  const first = follow()
  const batch = (moment: number) =>
    Promise.all(
      Array.from({ length: 3_000 }, (_, index) =>
        writer.append(detected(patternOf({ symbol: `S${index}`, updated_at: moment }), `${index}-${moment}`))
      )
    )
  await batch(1)
  await until(() => first.view.size === 3_000)
  const writing = batch(2)
  const second = follow()
  await writing
  await until(() => second.view.positionOf('daily')?.offset === 6_000)
  await until(async () => (await redis.hget(UNIFIED_POSITIONS_KEY, 'daily'))?.split(':')[1] === '6000')

  const members = await redis.zrange(UNIFIED_KEY, '0', '-1')
  t.equal(members.length, 3_000)
  t.equal(second.view.size, 3_000)
  t.ok(members.every(member => second.view.row(JSON.parse(member).id) === member))
})

t.test('without Redis it says so and since when, and begins by itself when Redis is there', async t => {
  const { port } = await startRedis(t)
  const proxy = await startFaultProxy(t, { target: { host: '127.0.0.1', port } })
  await proxy.cut()
  const { follow } = await start(t, { through: () => `redis://127.0.0.1:${proxy.port}` })
  const { follower } = follow()
  t.equal(follower.lastReadAt, 0)
  const since = await until(() => /^Redis does not answer \(since (\d{4}-.*Z)\)$/.exec(follower.trouble ?? '')?.[1])
  t.ok(Math.abs(Date.parse(since) - Date.now()) < 60_000)
  t.notOk(follower.caughtUp)

  await proxy.restore()
  await until(() => follower.caughtUp)
  t.equal(follower.trouble, undefined)
  t.ok(follower.lastReadAt > 0)
})

t.test('a Redis that refuses says why, and the view is built when it no longer does', async t => {
  const { redis, follow } = await start(t)
  await redis.set(UNIFIED_POSITIONS_KEY, 'no hash')
  const { follower } = follow()
  t.match(await until(() => follower.trouble), /^Redis refuses: WRONGTYPE .* \(since /)

  await redis.del(UNIFIED_POSITIONS_KEY)
  await until(() => follower.caughtUp && follower.trouble === undefined)
})

t.test('live patterns that Redis refuses to take are a trouble, and are written when it no longer does', async t => {
  const { redis, follow, append, inZset } = await start(t)
  const { follower, view } = follow()
  await append('ONE')
  await inZset(1)
  const position = (await redis.hget(UNIFIED_POSITIONS_KEY, 'daily')) ?? ''
  await redis.set(unifiedStatesKey('daily'), 'no hash')
  await append('TWO')
  await until(() => follower.trouble?.includes('WRONGTYPE'))
  t.equal(await redis.hget(UNIFIED_POSITIONS_KEY, 'daily'), position, 'nothing is passed over')

  await redis.del(unifiedStatesKey('daily'), UNIFIED_KEY, UNIFIED_POSITIONS_KEY)
  await inZset(2)
  await until(() => view.size === 2 && follower.trouble === undefined)
})
