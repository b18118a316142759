import { INBOX_KEY } from '@tickstock/contracts'
import { startRedis } from '@tickstock/test-kit'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { inboxTarget } from '../../src/import-patterns/inbox-target.ts'

async function start(t: Test) {
  const { url } = await startRedis(t)
  const redis = new Redis(url)
  t.teardown(() => redis.disconnect())
  const left = async () => (await redis.xrange(INBOX_KEY, '-', '+')).map(([, fields]) => fields)
  return { redis, target: inboxTarget(redis), left }
}

t.test('what is imported waits in the inbox, in order, as a producer would leave it', async t => {
  const { target, left } = await start(t)
  t.equal(await target.waiting(), 0)

  await target.send([Buffer.from('one'), Buffer.from('two')], undefined)
  await target.send([Buffer.from('three')], 'combo')

  t.same(await left(), [
    ['event', 'one'],
    ['event', 'two'],
    ['channel', 'combo', 'event', 'three']
  ])
  t.equal(await target.waiting(), 3)
})

t.test('what the inbox does not take is not passed over', async t => {
  const { redis, target } = await start(t)
  await redis.set(INBOX_KEY, 'no stream')
  await t.rejects(target.send([Buffer.from('one')], 'daily'), /WRONGTYPE/)
})
