import { UNIFIED_KEY, UNIFIED_MEMBERS_KEY, UNIFIED_POSITIONS_KEY } from '@tickstock/contracts'
import { startRedis } from '@tickstock/test-kit'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { UnifiedPatterns } from '../../src/stores/unified-patterns.ts'
import { detected, entryOf, expired, patternOf, silent } from '../events.ts'

const server = startRedis(t)

async function replicas(t: Test) {
  const redis = new Redis((await server).url)
  t.teardown(() => redis.disconnect())
  await redis.flushall()
  return {
    redis,
    first: new UnifiedPatterns({ redis, logger: silent }),
    second: new UnifiedPatterns({ redis, logger: silent })
  }
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
  const { redis, first, second } = await replicas(t)
  await first.restart('daily', BEGIN)
  const [one] = patterns
  if (!one) return t.fail()
  const better = { ...one, confidence: 0.99 }
  const all = [...entries, entryOf(41, detected(better)), entryOf(42, expired(patternOf({ symbol: 'S1' })))]

  await Promise.all([
    (async () => {
      for (let at = 0; at < all.length; at += 7) await first.project('daily', all.slice(at, at + 7))
    })(),
    (async () => {
      for (let at = 0; at < all.length; at += 10) await second.project('daily', all.slice(at, at + 10))
    })()
  ])
  await second.project('daily', all.slice(0, 5))

  const loaded = await first.load('daily')
  t.same(loaded.position, { epoch: 'first', offset: 42 })
  t.equal(loaded.patterns.length, 39)
  t.match(
    loaded.patterns.find(({ id }) => id === one.id),
    { confidence: 0.99 }
  )
  t.equal(await redis.hlen(UNIFIED_MEMBERS_KEY), 39)
})

t.test('entries of another epoch are not let in until the channel is restarted', async t => {
  const { first, second } = await replicas(t)
  t.equal(await first.project('daily', entries), 'other_epoch', 'nor where there is no position at all')
  await first.restart('daily', BEGIN)
  await first.project('daily', entries)

  const next = [entryOf(1, detected(patternOf({ symbol: 'NEW' })), 'second')]
  t.equal(await first.project('daily', next), 'other_epoch')
  await Promise.all([first, second].map(replica => replica.restart('daily', { epoch: 'second', offset: 0 })))
  t.equal(await first.project('daily', next), 'projected')

  await second.restart('daily', { epoch: 'second', offset: 0 })
  t.same(
    (await second.load('daily')).patterns.map(({ symbol }) => symbol),
    ['NEW'],
    'a late restart takes nothing'
  )
})

t.test('a restart of one channel leaves the others alone', async t => {
  const { first } = await replicas(t)
  await first.restart('daily', BEGIN)
  await first.restart('combo', BEGIN)
  await first.project('daily', entries)
  const other = patternOf({ symbol: 'COMBO', channel: 'combo' })
  await first.project('combo', [entryOf(1, detected(other))])

  await first.restart('daily', { epoch: 'second', offset: 7 })

  t.same(await first.load('daily'), { patterns: [], position: { epoch: 'second', offset: 7 } })
  t.same(await first.load('combo'), { patterns: [other], position: { epoch: 'first', offset: 1 } })
})

t.test('a restart that was overtaken while it read takes nothing of the new epoch', async t => {
  const { redis, first, second } = await replicas(t)
  await first.restart('daily', BEGIN)
  await first.project('daily', entries)
  const slow = first.restart('daily', { epoch: 'second', offset: 0 })
  await redis.hset(UNIFIED_POSITIONS_KEY, 'daily', 'third:5')
  await slow

  t.same((await second.load('daily')).position?.epoch, 'third')
})

t.test('members that are no patterns are left out, and left alone', async t => {
  const { redis, first } = await replicas(t)
  await redis.zadd(UNIFIED_KEY, 1, 'not json', 2, '{"symbol":"AAPL"}')
  await redis.hset(UNIFIED_POSITIONS_KEY, 'daily', 'nonsense')

  t.same(await first.load('daily'), { patterns: [], position: undefined })
  t.equal(await redis.zcard(UNIFIED_KEY), 2)
  t.equal(await first.project('daily', []), 'projected')
})
