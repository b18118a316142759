import t from 'tap'
import { describeRedisUrl, parseRedisUrl } from '../src/index.ts'

t.test('one Redis keeps the url that ioredis reads', async t => {
  t.same(parseRedisUrl('redis://me:secret@redis:6380/2'), { kind: 'single', url: 'redis://me:secret@redis:6380/2' })
  t.same(parseRedisUrl('rediss://redis'), { kind: 'single', url: 'rediss://redis' })
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
})

t.test('what is none of them is refused, and not repeated', async t => {
  for (const text of [
    'http://me:secret@redis',
    'redis://:secret@:x',
    'redis-sentinel://me:secret@one',
    'redis-sentinel://me:secret@/master',
    'redis-cluster://me:secret@one:x',
    'redis-cluster://me:secret@one/3',
    'redis-cluster://me:%secret@one',
    'redis-cluster://one,,two?secret'
  ]) {
    const refusal = { name: 'TypeError', message: /^a url of Redis is redis:\/\/(?!.*secret)/ }
    t.throws(() => parseRedisUrl(text), refusal, text.replace('secret', '…'))
  }
})

t.test('for people it is where it leads, without names and passwords', async t => {
  t.equal(describeRedisUrl('redis://me:secret@redis:6380/2'), 'redis:6380')
  t.equal(describeRedisUrl('redis-sentinel://me:secret@one,two:2/main'), 'one:26379,two:2/main')
  t.equal(describeRedisUrl('redis-cluster://:secret@one:1,two:2'), 'one:1,two:2')
})
