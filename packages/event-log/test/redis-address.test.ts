import t from 'tap'
import { describeRedisUrl, isRedisUrl, parseRedisUrl } from '../src/index.ts'

t.test('one Redis keeps the url that ioredis reads', async t => {
  for (const [url, db] of [
    ['redis://me:secret@redis:6380/2', 2],
    ['redis://redis?db=3&family=6', 3],
    ['redis://redis/4?db=3', 4],
    ['redis://[::1]:6380/', 0],
    ['rediss://redis', 0]
  ] as const) {
    t.same(parseRedisUrl(url), { kind: 'single', url, db }, url)
  }
})

t.test('Sentinels, the master that they know, its database, and passwords for both', async t => {
  const text = 'redis-sentinel://me:p%40ss@one:1,[::1]:2,three/my%2Fmaster/4?sentinel_user=him&sentinel_password=his'

  t.same(parseRedisUrl(text), {
    kind: 'sentinel',
    hosts: [
      { host: 'one', port: 1 },
      { host: '::1', port: 2 },
      { host: 'three', port: 26_379 }
    ],
    credentials: { username: 'me', password: 'p@ss' },
    tls: false,
    master: 'my/master',
    db: 4,
    sentinelCredentials: { username: 'him', password: 'his' }
  })
})

t.test('nodes of a cluster', async t => {
  t.same(parseRedisUrl('rediss-cluster://:secret@one,two:7000'), {
    kind: 'cluster',
    hosts: [
      { host: 'one', port: 6379 },
      { host: 'two', port: 7000 }
    ],
    credentials: { username: undefined, password: 'secret' },
    tls: true
  })
  t.same(parseRedisUrl('redis-cluster://one/0'), parseRedisUrl('redis-cluster://one'))
})

t.test('what is none of them is refused, and not repeated', async t => {
  for (const text of [
    'http://me:secret@redis',
    'redis://:secret@:x',
    'redis://:secret@redis/-1',
    'redis://:secret@redis/abc',
    'redis://:secret@redis/2/3',
    'redis://:secret@redis?db=abc',
    'redis://:secret@redis/12345678901',
    'redis:///secret',
    'redis://:%secret@redis',
    'redis://:secret@one,two',
    'redis-sentinel://me:secret@one/master/-1',
    'redis-sentinel://me:secret@one/master/abc',
    'redis-sentinel://me:secret@one/master?db=3',
    'redis-sentinel://me:secret@one:70000/master',
    'redis-cluster://me:secret@one:70000',
    'redis-sentinel://me:secret@one',
    'redis-sentinel://me:secret@/master',
    'redis-cluster://me:secret@one:x',
    'redis-cluster://me:secret@one/3',
    'redis-cluster://me:%secret@one',
    'redis-cluster://one,,two?secret'
  ]) {
    const refusal = { name: 'RedisUrlError', message: /^REDIS_URL: expected a url of Redis, redis:\/\/(?!.*secret)/ }
    t.throws(() => parseRedisUrl(text), refusal, text.replace('secret', '…'))
    t.notOk(isRedisUrl(text))
  }
})

t.test('for people it is where it leads, without names and passwords', async t => {
  t.equal(describeRedisUrl('redis://me:secret@redis:6380/2'), 'redis:6380')
  t.equal(describeRedisUrl('redis-sentinel://me:secret@one,two:2/main'), 'one:26379,two:2/main')
  t.equal(describeRedisUrl('redis-cluster://:secret@one:1,two:2'), 'one:1,two:2')
})
