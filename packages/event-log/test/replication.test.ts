import { once } from 'node:events'
import { type PatternEvent, seenKey } from '@tickstock/contracts'
import { startRedis, startRedisCluster, startSentinel, until } from '@tickstock/test-kit'
import t from 'tap'
import { isRetryable, LogWriter, openRedis } from '../src/index.ts'
import { replication } from '../src/replication.ts'

const event = (n: number): PatternEvent => ({
  id: `flow-${n}`,
  kind: 'pattern_expired',
  published_at: n,
  pattern: {
    id: `AAPL:Doji:daily:${n}`,
    symbol: 'AAPL',
    pattern: 'Doji',
    channel: 'daily',
    timeframe: 'daily',
    detected_at: n
  }
})

const refusal = { name: 'NotReplicatedError', message: '0 of 1 replicas have what was written' }

t.test('an event counts as appended when a replica has it, also behind Sentinels', async t => {
  const sentinel = await startSentinel(t)
  const redis = openRedis({ url: sentinel.url, name: 'writer', commandTimeout: 5_000 })
  redis.on('error', () => undefined)
  t.teardown(() => redis.disconnect())
  const writer = new LogWriter({ redis, channel: 'daily', replicas: 1 })
  await redis.ping()

  t.match(await writer.append(event(1)), { result: 'appended', position: { offset: 1 } })
  const master = await sentinel.master()
  const replica = sentinel.nodes.find(node => node !== master)
  t.equal(await replica?.ask('ZCARD', seenKey('daily')), 1)

  // It lags: what another connection has written is not known to be on it either.
  replica?.freeze()
  await t.rejects(writer.append(event(2)), refusal)
  const other = openRedis({ url: sentinel.url, name: 'other', commandTimeout: 5_000 })
  t.teardown(() => other.disconnect())
  await other.ping()
  await t.rejects(new LogWriter({ redis: other, channel: 'daily', replicas: 1 }).append(event(2)), refusal)
  replica?.thaw()

  await master.isolate()
  const error = await writer.append(event(3)).catch((error: unknown) => error)
  t.match(error, refusal)
  t.ok(isRetryable(error))
  await t.rejects(writer.append(event(3)), refusal)
})

t.test('on a cluster it is the node of the log that is asked', async t => {
  const cluster = await startRedisCluster(t, { replicas: 1 })
  const redis = openRedis({ url: cluster.url, name: 'writer', commandTimeout: 5_000 })
  redis.on('error', () => undefined)
  t.teardown(() => redis.disconnect())
  const writer = new LogWriter({ redis, channel: 'daily', replicas: 1 })

  // There is no connection to that node before the first command.
  await until(() => writer.append(event(1)))
  t.match(await writer.append(event(1)), { result: 'duplicate' })
  t.match(await writer.append(event(2)), { result: 'appended', position: { offset: 2 } })

  const master = await cluster.masterOf(seenKey('daily'))
  await master.isolate()
  await t.rejects(writer.append(event(3)), refusal)
})

t.test('what is asked by another connection than that of the write counts for nothing', async t => {
  const { url } = await startRedis(t)
  const redis = openRedis({ url, name: 'writer', commandTimeout: 5_000 })
  t.teardown(() => redis.disconnect())
  await redis.ping()
  const anew = { name: 'NotReplicatedError', message: 'the connection was made anew' }
  const written = async () => {
    const replicated = replication(redis, 'key', { count: 0, withinMs: 100 })
    await redis.set('key', 'x')
    return replicated
  }

  await (await written())()
  const replicated = await written()
  redis.disconnect(true)
  await once(redis, 'reconnecting')
  // Waits for the next connection, which then answers.
  await t.rejects(replicated(), anew)
  await t.rejects(replicated(), anew)
})
