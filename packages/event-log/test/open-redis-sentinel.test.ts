import { startSentinel, until } from '@tickstock/test-kit'
import t from 'tap'
import { openRedis, openSubscriber } from '../src/index.ts'
import { MasterWatch } from '../src/master-watch.ts'

const sentinel = await startSentinel(t)

const open = (t: { teardown(end: () => unknown): unknown }, url = sentinel.url) => {
  const redis = openRedis({ url, name: 'test', commandTimeout: 1_000 })
  redis.on('error', () => undefined)
  t.teardown(() => redis.disconnect())
  return redis
}

t.test('commands go to the master, though the first Sentinel that is asked is away and the second mute', async t => {
  const [mute, ...others] = sentinel.sentinels
  const ports = ['1', ...[mute, ...others].map(node => `${node?.port}`)]
  mute?.freeze()
  const redis = open(t, `redis-sentinel://${ports.map(port => `127.0.0.1:${port}`).join(',')}/tickstock/3`)

  await until(() => redis.set('key', 'written'))
  mute?.thaw()

  const master = await sentinel.master()
  t.match(await master.ask('INFO', 'keyspace'), /db3:keys=1/)
})

t.test('a planned failover is followed, by those who hear too', async t => {
  const redis = open(t)
  const ear = openSubscriber({ url: sentinel.url, name: 'ear', commandTimeout: 1_000 })
  ear.on('error', () => undefined)
  const heard: string[] = []
  ear.on('message', (_, text: string) => heard.push(text))
  t.teardown(() => ear.disconnect())
  ear.on('ready', () => void ear.subscribe('news').catch(() => undefined))
  await ear.subscribe('news')
  await redis.set('before', 'x')
  const former = await sentinel.master()
  await former.replicated()
  // Sentinels cannot tell it then that it is one no more, which would end its connections.
  await former.ask('ACL', 'SETUSER', 'default', '-replicaof', '-slaveof')

  await sentinel.sentinels[1]?.ask('SENTINEL', 'FAILOVER', 'tickstock')
  const promoted = await sentinel.failedOver(former)
  const after = async () => (await redis.set('after', 'x')) && (await promoted.ask('EXISTS', 'after')) === 1
  await until(after, { what: 'what is written to stand on the new master' })
  await until(async () => (await redis.publish('news', 'good')) > 0, { what: 'somebody to listen' })

  t.equal(await promoted.ask('EXISTS', 'before'), 1)
  await until(() => heard.includes('good'))
  t.equal(await former.info('replication', 'role'), 'master')
  await former.ask('ACL', 'SETUSER', 'default', '+replicaof', '+slaveof')
})

t.test('a master that has become a replica under an open connection is left', async t => {
  const redis = open(t)
  await until(() => redis.set('key', 'x'))
  const id = await redis.client('ID')
  const master = await sentinel.master()

  // As it is with a Redis that Sentinels have made a replica without hanging up.
  const other = sentinel.nodes.find(node => node !== master)
  await master.ask('REPLICAOF', '127.0.0.1', `${other?.port}`)
  await t.rejects(redis.set('key', 'y'), { message: /^READONLY/ })
  await master.ask('REPLICAOF', 'NO', 'ONE')

  await until(() => redis.set('key', 'z'))
  t.not(await redis.client('ID'), id)
})

t.test('to be sent to another master while it looks for one is not its end', async t => {
  const redis = open(t)

  for (let n = 0; n < 3; n++) redis.disconnect(true)
  t.equal(redis.listenerCount('ready'), 1)
  const id = await until(() => redis.client('ID'))

  await until(async () => (await redis.client('ID')) !== id, { what: 'another connection' })
})

t.test('clients that come and go, and connections that are made anew, leave none behind', async t => {
  const url = sentinel.url
  const everywhere = [...sentinel.nodes, ...sentinel.sentinels]
  const connections = () => Promise.all(everywhere.map(async node => connectionsOf(await node.ask('CLIENT', 'LIST'))))
  const before = (await connections()).flat()

  for (let n = 0; n < 50; n++) {
    const passing = openRedis({ url, name: 'passing', commandTimeout: 1_000 })
    passing.on('error', () => undefined)
    if (n % 2) await passing.ping()
    passing.disconnect()
  }
  const redis = open(t)
  for (let n = 0; n < 50; n++) {
    redis.disconnect(true)
    if (n % 2) await redis.ping().catch(() => undefined)
  }
  await until(() => redis.ping())

  // Its own, and by which it asks for the master.
  const isDone = async () => (await connections()).flat().length <= before.length + 2
  await until(isDone, { what: 'no more connections than are used' })
  t.equal((await connections()).flat().filter(name => name === 'test').length, 1)
})

t.test('a Sentinel that knows of no master is left for one that does', async t => {
  const [forgetful, other] = sentinel.sentinels
  await forgetful?.ask('SENTINEL', 'REMOVE', 'tickstock')
  const hosts = [forgetful, forgetful, forgetful, forgetful, other].map(node => ({
    host: '127.0.0.1',
    port: Number(node?.port)
  }))
  const login = { username: undefined, password: undefined }
  const { promise: answered, resolve } = Promise.withResolvers<string>()
  const watch = new MasterWatch(
    { kind: 'sentinel', hosts, master: 'tickstock', db: 0, tls: false, credentials: login, sentinelCredentials: login },
    { answered: () => resolve('answered'), moved: () => t.fail('it has not moved'), failed: () => resolve('failed') }
  )
  t.teardown(() => watch.close())

  t.equal(await answered, 'answered')
})

t.test(
  'that all Sentinels are away is told, and costs a command its time-out; they are found when they are back',
  async t => {
    await Promise.all(sentinel.sentinels.map(node => node.kill()))
    const redis = open(t)
    const { promise: told, resolve: tell } = Promise.withResolvers<Error>()
    redis.once('sentinel error', tell)

    await t.rejects(redis.ping(), { message: 'Command timed out' })
    t.match(await told, { message: /^no Sentinel says where tickstock is: / })
    await Promise.all(sentinel.sentinels.map(node => node.restart()))

    await until(() => redis.ping())
    await new Promise(resolve => redis.once('sentinel ready', resolve))
  }
)

t.test('who does not persist is told at once that no Sentinel is there', async t => {
  const redis = openRedis({
    url: 'redis-sentinel://127.0.0.1:1/main',
    name: 'once',
    lazyConnect: true,
    persistent: false
  })
  redis.on('error', () => undefined)

  await t.rejects(redis.connect(), { message: /All sentinels are unreachable/ })
})

/** Names of the connections that clients have, those of replicas left out. */
const connectionsOf = (list: unknown): string[] =>
  String(list)
    .split('\n')
    .filter(line => !/cmd=(replconf|psync|client)/.test(line))
    .flatMap(line => /name=(\S*)/.exec(line)?.slice(1) ?? [])
    .filter(name => !name.startsWith('sentinel-'))
