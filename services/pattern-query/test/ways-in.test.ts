import { Readable } from 'node:stream'
import { DEAD_LETTER_KEY, INBOX_KEY, logKey, producerChannel, UNIFIED_KEY } from '@tickstock/contracts'
import { startRedis, until } from '@tickstock/test-kit'
import t from 'tap'
import { importLines } from '../src/import-patterns/importer.ts'
import { inboxTarget } from '../src/import-patterns/inbox-target.ts'
import { KeptLetters } from '../src/stores/kept-letters.ts'
import { published } from './events.ts'
import { clientOf, loggedIds, scan, startReplica, untilTotal } from './replica.ts'

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

t.test('integers beyond 2^53 arrive exactly by every way in, and are different events', async t => {
  const { url } = await startRedis(t)
  const redis = clientOf(t, url)
  const replica = await startReplica(t, url)
  const integers = ['9007199254740992', '9007199254740993', '-90071992547409931', '123456789012345678901234567890']
  const payloads = integers.flatMap((integer, at) => {
    const text = published('flow', { symbol: `S${at}`, order: 'order' }).replace('"order"}', `${integer}}`)
    return [text.replace('"flow"', integer), text.replace('"flow"', 'null')]
  })
  const letter = ['reason', 'test', 'detail', '', 'origin', 'test', 'channel', 'daily'] as const

  await Promise.all(payloads.map(payload => redis.publish(producerChannel('daily'), payload)))
  await Promise.all(payloads.map(payload => redis.xadd(INBOX_KEY, '*', 'channel', 'daily', 'event', payload)))
  await importLines(Readable.from([Buffer.from(payloads.join('\n'))]), {
    target: inboxTarget(redis),
    channel: 'daily',
    now: Date.now,
    onRefused: (line, reason) => t.fail(`line ${line}: ${reason}`),
    onProgress() {},
    onStalled() {}
  })
  const id = await redis.xadd(DEAD_LETTER_KEY, '*', ...letter, 'payload', payloads[0] ?? '')
  const kept = await new KeptLetters(redis).get(id ?? '')
  await new KeptLetters(redis).replay(kept ? [kept] : [])

  await untilTotal(replica, integers.length)
  await until(async () => (await redis.xlen(INBOX_KEY)) === 0)
  const flows = (await loggedIds(redis, 'daily')).filter(each => !each.startsWith('sha256:'))
  t.same(flows.toSorted(), integers.toSorted())
  t.equal(await redis.xlen(logKey('daily')), payloads.length)
  const { patterns } = await scan(replica)
  t.same(patterns.map(({ extra }) => extra?.['order']).toSorted(), integers.toSorted())
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
