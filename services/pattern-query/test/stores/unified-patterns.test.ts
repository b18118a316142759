import {
  CHANNELS,
  type Channel,
  type LogEntry,
  OFFSETS_KEPT,
  type Pattern,
  type Position,
  UNIFIED_KEY,
  UNIFIED_POSITIONS_KEY,
  unifiedEndedKey,
  unifiedEndsKey,
  unifiedStatesKey
} from '@tickstock/contracts'
import { startRedis } from '@tickstock/test-kit'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { PatternView } from '../../src/domain/view/pattern-view.ts'
import { UnifiedLoader } from '../../src/stores/unified-loader.ts'
import { UnifiedPatterns } from '../../src/stores/unified-patterns.ts'
import { detected, entryOf, expired, patternOf, silent } from '../events.ts'

const server = startRedis(t)

/** Replicas that project what their views make of the entries. */
async function replicas(t: Test) {
  const redis = new Redis((await server).url)
  t.teardown(() => redis.disconnect())
  await redis.flushall()
  const loader = new UnifiedLoader({ redis, logger: silent })
  const load = async (channel: Channel) => {
    const snapshot = await loader.load(channel)
    const patterns: Pattern[] = []
    if (snapshot) {
      for await (const states of loader.pages(channel, snapshot.position)) {
        patterns.push(...states.map(({ pattern }) => pattern))
      }
    }
    return { patterns, position: snapshot?.position, ends: snapshot?.ends }
  }
  const replica = () => {
    const unified = new UnifiedPatterns({ redis })
    const view = new PatternView({ maxLivePatterns: 1_000 })
    return {
      restart: async (channel: Channel, to: Position) => {
        view.reset(channel, [], to)
        await unified.restart(channel, to)
      },
      project: (channel: Channel, entries: readonly LogEntry[]) =>
        unified.project(channel, view.apply(channel, entries))
    }
  }
  return { redis, load, first: replica(), second: replica() }
}

const BEGIN = { epoch: 'first', offset: 0 }
const patterns = Array.from({ length: 40 }, (_, index) => patternOf({ symbol: `S${index}`, confidence: index / 100 }))
const entries = patterns.map((pattern, index) => entryOf(index + 1, detected(pattern)))

t.test('any Redis client reads the live patterns, by confidence', async t => {
  const { redis, first } = await replicas(t)
  await first.restart('daily', BEGIN)

  t.equal(await first.project('daily', entries), 'projected')

  const best = await redis.zrevrange(UNIFIED_KEY, '0', '0')
  t.same(
    best.map(member => JSON.parse(member)),
    [patterns.at(-1)]
  )
  t.equal(await redis.ttl(UNIFIED_KEY), -1)
})

t.test('replicas that bring the same entries in pieces of any size bring each once', async t => {
  const { redis, load, first, second } = await replicas(t)
  const [one] = patterns
  if (!one) return t.fail()
  const better = { ...one, confidence: 0.99 }
  const all = [...entries, entryOf(41, detected(better)), entryOf(42, expired(patternOf({ symbol: 'S1' })))]
  for (const replica of [first, second]) await replica.restart('daily', BEGIN)

  await Promise.all([
    (async () => {
      for (let at = 0; at < all.length; at += 7) await first.project('daily', all.slice(at, at + 7))
    })(),
    (async () => {
      for (let at = 0; at < all.length; at += 10) await second.project('daily', all.slice(at, at + 10))
    })()
  ])
  await second.project('daily', all.slice(0, 5))

  const loaded = await load('daily')
  t.match(loaded.position, { epoch: 'first', offset: 42 })
  t.equal(loaded.patterns.length, 39)
  t.match(
    loaded.patterns.find(({ id }) => id === one.id),
    { confidence: 0.99 }
  )
  t.equal(await redis.zcard(UNIFIED_KEY), 39)
})

t.test('a replica that was overtaken looks first, and brings what is not there yet', async t => {
  const { redis, first, second } = await replicas(t)
  for (const replica of [first, second]) await replica.restart('daily', BEGIN)
  const scripts = async () => Number(/cmdstat_eval:calls=(\d+)/.exec(await redis.info('commandstats'))?.[1] ?? 0)
  await first.project('daily', entries.slice(0, 20))
  await second.project('daily', entries.slice(0, 20))
  await first.project('daily', entries.slice(20, 30))
  const before = await scripts()

  t.equal(await second.project('daily', entries.slice(20, 30)), 'projected')
  t.equal(await scripts(), before, 'what it would send is there')

  await second.project('daily', entries.slice(30))
  t.equal(await redis.zcard(UNIFIED_KEY), 40, 'alone again, it goes on')
})

t.test('entries of another epoch are not let in until the channel is restarted', async t => {
  const { load, first, second } = await replicas(t)
  await first.restart('daily', BEGIN)
  await first.project('daily', entries)
  const next = [entryOf(1, detected(patternOf({ symbol: 'NEW' })), 'second')]

  await second.restart('daily', BEGIN)
  await Promise.all([first, second].map(replica => replica.restart('daily', { epoch: 'second', offset: 0 })))
  t.equal(await first.project('daily', next), 'projected')
  await second.restart('daily', { epoch: 'second', offset: 0 })
  t.same(
    (await load('daily')).patterns.map(({ symbol }) => symbol),
    ['NEW'],
    'a late restart takes nothing'
  )

  await second.restart('daily', { epoch: 'third', offset: 0 })
  t.equal(await first.project('daily', [entryOf(2, detected(patternOf()), 'second')]), 'other_epoch')
})

t.test('a Redis that has lost what was projected is not written to as if nothing were missing', async t => {
  const { redis, first } = await replicas(t)
  await first.restart('daily', BEGIN)
  await first.project('daily', entries.slice(0, 10))
  const older = await redis.hget(UNIFIED_POSITIONS_KEY, 'daily')
  await first.project('daily', entries.slice(10, 20))
  await redis.hset(UNIFIED_POSITIONS_KEY, 'daily', older ?? '')

  t.equal(await first.project('daily', entries.slice(20)), 'behind')
  t.equal(await redis.zcard(UNIFIED_KEY), 20)
})

t.test('a restart of one channel leaves the others alone', async t => {
  const { redis, load, first } = await replicas(t)
  await first.restart('daily', BEGIN)
  await first.restart('combo', BEGIN)
  await first.project('daily', [...entries, entryOf(41, expired(patternOf({ symbol: 'GONE' })))])
  const other = patternOf({ symbol: 'COMBO', channel: 'combo' })
  await first.project('combo', [entryOf(1, detected(other))])

  await first.restart('daily', { epoch: 'second', offset: 7 })

  const { patterns, position, ends } = await load('daily')
  t.match([patterns, position, ends], [[], { epoch: 'second', offset: 7 }, []])
  t.match(await load('combo'), { patterns: [other], position: { epoch: 'first', offset: 1 } })
  t.same(await redis.zrange(UNIFIED_KEY, '0', '-1'), [JSON.stringify(other)])
  t.equal(await redis.exists(unifiedEndsKey('daily'), unifiedEndedKey('daily')), 0)
})

t.test('what one channel hid comes to light when that channel is restarted', async t => {
  const { redis, first } = await replicas(t)
  await first.restart('daily', BEGIN)
  await first.restart('combo', BEGIN)
  const older = patternOf({ updated_at: 1, confidence: 0.25 })
  const newer = patternOf({ updated_at: 2, channel: 'combo' })
  await first.project('daily', [entryOf(1, detected(older))])
  await first.project('combo', [entryOf(1, detected(newer))])
  t.same(await redis.zrange(UNIFIED_KEY, '0', '-1'), [JSON.stringify(newer)])

  await first.restart('combo', { epoch: 'second', offset: 0 })

  t.same(await redis.zrange(UNIFIED_KEY, '0', '-1', 'WITHSCORES'), [JSON.stringify(older), '0.25'])
})

t.test('a restart takes out what another release left in the ZSET, and what is nobody’s it leaves', async t => {
  const { redis, first } = await replicas(t)
  const left = patternOf({ symbol: 'LEFT' })
  const combo = patternOf({ symbol: 'COMBO', channel: 'combo' })
  await redis.zadd(
    UNIFIED_KEY,
    1,
    'not json',
    2,
    '{"symbol":"AAPL"}',
    3,
    JSON.stringify(left),
    4,
    JSON.stringify(combo)
  )
  await redis.hset(UNIFIED_POSITIONS_KEY, 'daily', 'first:40')

  await first.restart('daily', BEGIN)

  t.same(await redis.zrange(UNIFIED_KEY, '0', '-1'), ['not json', '{"symbol":"AAPL"}', JSON.stringify(combo)])
})

t.test('a restart that was overtaken while it read takes nothing of the new epoch', async t => {
  const { redis, load, first } = await replicas(t)
  await first.restart('daily', BEGIN)
  await first.project('daily', entries)
  const slow = first.restart('daily', { epoch: 'second', offset: 0 })
  await redis.hset(UNIFIED_POSITIONS_KEY, 'daily', 'third:5:0:0')
  await slow

  t.match((await load('daily')).position, { epoch: 'third' })
})

t.test('states that are no patterns are left out', async t => {
  const { redis, load, first } = await replicas(t)
  await first.restart('daily', BEGIN)
  await first.project('daily', entries.slice(0, 1))
  const combo = JSON.stringify(patternOf({ channel: 'combo' }))
  await redis.hset(unifiedStatesKey('daily'), 'a', 'nonsense', 'b', '1:2:{"symbol":"AAPL"}', 'c', `1:2:${combo}`)
  await redis.hset(unifiedEndsKey('daily'), 'a', 'nonsense')
  await redis.zadd(unifiedEndedKey('daily'), 1, 'a', 2, 'nothing')

  const loaded = await load('daily')

  t.same(loaded.patterns, patterns.slice(0, 1))
  t.same(loaded.ends, [])
})

t.test('what is restarted while it is read is not taken for one epoch', async t => {
  const { redis, load, first } = await replicas(t)
  await first.restart('daily', BEGIN)
  const loading = load('daily')
  await redis.hset(UNIFIED_POSITIONS_KEY, 'daily', 'third:5:0:0')

  await t.rejects(loading, /restarted/)
})

t.test('the newest places of a pattern in the log are kept, and that there were older ones', async t => {
  const { redis, first } = await replicas(t)
  await first.restart('daily', BEGIN)
  const again = (count: number) =>
    Array.from({ length: count }, (_, index) => entryOf(index + 1, detected(patternOf({ updated_at: index }))))
  const offsets = async () => (await redis.hget(unifiedStatesKey('daily'), patternOf().id))?.split(':')[1]

  await first.project('daily', again(3))
  t.equal(await offsets(), '1,2,3')
  await first.project('daily', again(OFFSETS_KEPT))
  t.equal((await offsets())?.split(',').length, OFFSETS_KEPT)
  t.notOk((await offsets())?.startsWith('~'))
  await first.project('daily', again(OFFSETS_KEPT + 2))

  t.match(await offsets(), /^~3,4,.*,33,34$/)
  t.equal((await offsets())?.split(',').length, OFFSETS_KEPT)
})

t.test('ends that no longer count are removed, some at a time, and never while they are needed', async t => {
  const { redis, load, first } = await replicas(t)
  await first.restart('daily', BEGIN)
  const hours = (count: number) => count * 3_600_000
  const end = (offset: number, at: number) => entryOf(offset, expired(patternOf({ symbol: `E${offset}` })), 'first', at)
  const range = (from: number, to: number, at: number) =>
    Array.from({ length: to - from + 1 }, (_, index) => end(from + index, at))
  for (let from = 1; from <= 1_500; from += 100) await first.project('daily', range(from, from + 99, hours(1)))
  t.equal(await redis.zcard(unifiedEndedKey('daily')), 1_500)
  t.equal((await load('daily')).ends?.length, 1_500)

  await first.project('daily', range(1_501, 1_510, hours(2) + 1))
  t.equal(await redis.zcard(unifiedEndedKey('daily')), 1_010)
  t.equal(await redis.hlen(unifiedEndsKey('daily')), 1_010)
  t.same(
    (await load('daily')).ends?.map(([, { offset }]) => offset),
    [1501, 1502, 1503, 1504, 1505, 1506, 1507, 1508, 1509, 1510]
  )

  await first.project('daily', range(1_511, 1_511, hours(2) + 1))
  t.equal(await redis.zcard(unifiedEndedKey('daily')), 511)
})

t.test('loads the ends of the position that it loads, while another replica projects', async t => {
  const { load, first } = await replicas(t)
  await first.restart('daily', BEGIN)
  const end = expired(patternOf())
  const ending = (offset: number) => entryOf(offset, { ...end, id: `end-${offset}`, published_at: offset })
  await first.project('daily', [ending(1)])

  // Each end replaces the one before.
  let last = 1
  const projecting = (async () => {
    while (last < 200) await first.project('daily', [ending(++last)])
  })()
  while (last < 200) {
    const { position, ends } = await load('daily')
    t.match(ends, [[end.pattern.id, { offset: position?.offset }]])
  }
  await projecting
})

t.test('patterns that come and go leave nothing that grows: every key has its bound', async t => {
  const { redis, first } = await replicas(t)
  for (const channel of CHANNELS) await first.restart(channel, BEGIN)
  const MINUTE = 60_000
  for (const channel of CHANNELS) {
    let offset = 0
    for (let round = 0; round < 40; round++) {
      const patterns = Array.from({ length: 50 }, (_, index) => patternOf({ channel, symbol: `R${round}.${index}` }))
      const events = [...patterns.map(pattern => detected(pattern)), ...patterns.map(expired)]
      const at = (round + 1) * 6 * MINUTE
      await first.project(
        channel,
        events.map(event => entryOf(++offset, event, 'first', at))
      )
    }
  }

  const keys = (await redis.keys('*')).sort()
  t.same(
    keys,
    [UNIFIED_POSITIONS_KEY, ...CHANNELS.flatMap(each => [unifiedEndsKey(each), unifiedEndedKey(each)])].sort()
  )
  t.ok((await redis.hlen(UNIFIED_POSITIONS_KEY)) <= 2 * CHANNELS.length)
  for (const channel of CHANNELS) {
    const ended = await redis.zcard(unifiedEndedKey(channel))
    t.ok(ended < 1_000 + 11 * 50, `${ended}: those of an hour, and fewer than a thousand that wait to be removed`)
    t.equal(await redis.hlen(unifiedEndsKey(channel)), ended)
  }
})
