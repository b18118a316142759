import { INBOX_GROUP, INBOX_KEY } from '@tickstock/contracts'
import { startRedis, until } from '@tickstock/test-kit'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { Inbox, type InboxRead } from '../../src/stores/inbox.ts'

const server = startRedis(t)

const nothing: InboxRead = { entries: [], deleted: [] }

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
  await redis.xadd(INBOX_KEY, '*', 'symbol', 'AAPL', 'evnet', '{}')
  await first.join()
  await first.join()

  const read = await first.readNew(10)
  t.match(read.entries, [
    { channel: 'Daily', payload: bytes },
    { channel: undefined },
    { payload: Buffer.from('{"symbol":"AAPL","evnet":"{}"}') }
  ])
  t.same(await first.readOwn(), read, 'until then it is read again')

  await first.done(read)
  t.same(await first.readOwn(), nothing)
  t.same(await first.readNew(10), nothing)
  t.same(await first.readReady(), nothing)
  t.equal(await redis.xlen(INBOX_KEY), 0)
  await first.done(nothing)
})

t.test('what a replica that is gone left undone is taken over', async t => {
  const { redis, first, second } = await inboxes(t)
  const id = await redis.xadd(INBOX_KEY, '*', 'event', '{}')
  await first.join()
  await first.readNew(10)
  t.same(await second.claimAbandoned(), nothing, 'not while it may be at work')

  await redis.call('XCLAIM', INBOX_KEY, INBOX_GROUP, 'first', '0', `${id}`, 'IDLE', '60000')
  t.match(await second.claimAbandoned(), { entries: [{ id }] })
})

t.test('entries deleted while they were pending are told, and do not stay for ever', async t => {
  const { redis, first, second } = await inboxes(t)
  const ids = await Promise.all([1, 2].map(() => redis.xadd(INBOX_KEY, '*', 'event', '{}')))
  await first.join()
  await first.readNew(10)
  await redis.xdel(INBOX_KEY, `${ids[0]}`, `${ids[1]}`)

  const own = await first.readOwn()
  t.same(own, { entries: [], deleted: ids })
  await first.done(own)
  t.same(await first.readOwn(), nothing)

  const id = await redis.xadd(INBOX_KEY, '*', 'event', '{}')
  await first.readNew(10)
  await redis.call('XCLAIM', INBOX_KEY, INBOX_GROUP, 'first', '0', `${id}`, 'IDLE', '60000')
  await redis.xdel(INBOX_KEY, `${id}`)
  t.same(await second.claimAbandoned(), { entries: [], deleted: [id] })
  t.same(await second.claimAbandoned(), nothing)
})

t.test('consumers of processes that are gone are reaped, but never with something pending', async t => {
  const { redis, first, second } = await inboxes(t)
  await first.join()
  await redis.xadd(INBOX_KEY, '*', 'event', '{}')
  const read = await first.readNew(10)
  await second.readReady()
  const gone = () => until(async () => (await second.reapConsumers(1)) === 1)

  await until(async () => (await redis.xpending(INBOX_KEY, INBOX_GROUP))[0] === 1)
  t.equal(await second.reapConsumers(0), 0, 'it has an entry')
  t.equal(await second.reapConsumers(), 0)
  await first.done(read)
  await gone()
  t.same(await redis.xinfo('CONSUMERS', INBOX_KEY, INBOX_GROUP), [])
})

t.test('what could not be acknowledged is told', async t => {
  const { redis, first } = await inboxes(t)
  await first.join()
  await redis.xadd(INBOX_KEY, '*', 'event', '{}')
  const read = await first.readNew(10)
  await redis.set(INBOX_KEY, 'text')
  await t.rejects(first.done(read), /WRONGTYPE/)
})

t.test('an inbox that is something else is told', async t => {
  const { redis, first } = await inboxes(t)
  await redis.set(INBOX_KEY, 'text')
  await t.rejects(first.join(), /WRONGTYPE/)
})
