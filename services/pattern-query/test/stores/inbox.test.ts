import { INBOX_GROUP, INBOX_KEY } from '@tickstock/contracts'
import { startRedis } from '@tickstock/test-kit'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { Inbox } from '../../src/stores/inbox.ts'

const server = startRedis(t)

async function inboxes(t: Test) {
  const redis = new Redis((await server).url)
  t.teardown(() => redis.disconnect())
  await redis.flushall()
  return { redis, first: new Inbox(redis, 'first'), second: new Inbox(redis, 'second') }
}

t.test('what was left before any replica ran is read, byte for byte, and goes once it is done with', async t => {
  const { redis, first } = await inboxes(t)
  const bytes = Buffer.from([0x7b, 0xff, 0x00])
  await redis.xadd(INBOX_KEY, '*', 'channel', 'Daily', 'event', bytes)
  await redis.xadd(INBOX_KEY, '*', 'event', '{}')
  await redis.xadd(INBOX_KEY, '*', 'evnet', '{}')
  await first.join()
  await first.join()

  const read = await first.readNew(10)
  t.match(read, [{ channel: 'Daily', payload: bytes }, { channel: undefined }, { payload: Buffer.from('["evnet"]') }])
  t.same(await first.readOwn(), read, 'until then it is read again')

  await first.done(read)
  t.same(await first.readOwn(), [])
  t.same(await first.readNew(10), [])
  t.equal(await redis.xlen(INBOX_KEY), 0)
  await first.done([])
})

t.test('what a replica that is gone left undone is taken over', async t => {
  const { redis, first, second } = await inboxes(t)
  const id = await redis.xadd(INBOX_KEY, '*', 'event', '{}')
  await first.join()
  await first.readNew(10)
  t.same(await second.claimAbandoned(), [], 'not while it may be at work')

  await redis.call('XCLAIM', INBOX_KEY, INBOX_GROUP, 'first', '0', `${id}`, 'IDLE', '60000')
  t.match(await second.claimAbandoned(), [{ id }])
})

t.test('an entry deleted while it was pending does not stay for ever', async t => {
  const { redis, first } = await inboxes(t)
  const id = await redis.xadd(INBOX_KEY, '*', 'event', '{}')
  await first.join()
  await first.readNew(10)
  await redis.xdel(INBOX_KEY, `${id}`)

  const own = await first.readOwn()
  t.match(own, [{ id, payload: Buffer.from('[]') }])
  await first.done(own)
  t.same(await first.readOwn(), [])
})

t.test('an inbox that is something else is told', async t => {
  const { redis, first } = await inboxes(t)
  await redis.set(INBOX_KEY, 'text')
  await t.rejects(first.join(), /WRONGTYPE/)
})
