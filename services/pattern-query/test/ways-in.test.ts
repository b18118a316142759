import { Readable } from 'node:stream'
import { INBOX_KEY, logKey, producerChannel, UNIFIED_KEY } from '@tickstock/contracts'
import { startRedis, until } from '@tickstock/test-kit'
import t from 'tap'
import { importLines } from '../src/import-patterns/importer.ts'
import { inboxTarget } from '../src/import-patterns/inbox-target.ts'
import { published } from './events.ts'
import { clientOf, loggedIds, startReplica, untilTotal } from './replica.ts'

t.test('by pub/sub to two replicas, by the inbox and by an import at once, each event is in the log once', async t => {
  const { url } = await startRedis(t)
  const redis = clientOf(t, url)
  const replicas = await Promise.all([startReplica(t, url), startReplica(t, url)])
  const flows = Array.from({ length: 400 }, (_, n) => `flow-${n}`)
  const payloads = flows.map((flow, n) => published(flow, { symbol: `S${n}` }))

  await Promise.all([
    ...payloads.map(payload => redis.publish(producerChannel('daily'), payload)),
    ...payloads.toReversed().map(payload => redis.xadd(INBOX_KEY, '*', 'channel', 'daily', 'event', payload)),
    importLines(Readable.from([Buffer.from(payloads.join('\n'))]), {
      target: inboxTarget(redis),
      channel: 'daily',
      now: Date.now,
      onRefused: (line, reason) => t.fail(`line ${line}: ${reason}`),
      onProgress() {},
      onStalled() {}
    })
  ])

  await Promise.all(replicas.map(replica => untilTotal(replica, flows.length)))
  await until(async () => (await redis.xlen(INBOX_KEY)) === 0)
  t.same((await loggedIds(redis, 'daily')).toSorted(), flows.toSorted())
  t.equal(await redis.zcard(UNIFIED_KEY), flows.length)
})

t.test('nothing is lost while the password of Redis is another than that which the service has', async t => {
  const { port, url } = await startRedis(t)
  const redis = clientOf(t, url)
  const logIn = (password: string) => redis.acl('SETUSER', 'tickstock', 'on', '~*', '&*', '+@all', password)
  await logIn('>old')
  const replica = await startReplica(t, `redis://tickstock:old@127.0.0.1:${port}`)

  await logIn('<old')
  // Other connections are open, and stay so.
  const appending = /^id=(\d+).* name=pattern-query:append /m.exec(String(await redis.client('LIST')))?.[1]
  await redis.client('KILL', 'ID', Number(appending))
  for (let n = 0; n < 10; n++)
    await redis.publish(producerChannel('daily'), published(`flow-${n}`, { symbol: `S${n}` }))
  for (let n = 10; n < 20; n++) {
    await redis.xadd(INBOX_KEY, '*', 'channel', 'daily', 'event', published(`flow-${n}`, { symbol: `S${n}` }))
  }
  await until(async () => /errorstat_WRONGPASS:count=([3-9]|\d\d)/.test(await redis.info('errorstats')))
  t.equal(await redis.xlen(logKey('daily')), 0)
  await logIn('>old')

  await untilTotal(replica, 20)
  await until(async () => (await redis.xlen(INBOX_KEY)) === 0)
  t.equal((await loggedIds(redis, 'daily')).length, 20)
})
