import { once } from 'node:events'
import { slotKey } from '@tickstock/contracts'
import { connectRedis, createLogger } from '@tickstock/service-kit'
import { startFaultProxy, until } from '@tickstock/test-kit'
import t from 'tap'
import { SlotLease } from '../../src/stores/slot-lease.ts'
import { startLog } from '../gateway-fixture.ts'

const logger = createLogger({ service: 'test', level: 'silent' })

t.test('each holder has a slot of its own, and a slot given back is free', async t => {
  const { redis } = await startLog(t)
  const leases = [1, 2, 3].map(() => new SlotLease({ redis, logger }))
  const held = await Promise.all(leases.map(lease => lease.take()))
  t.same(held.map(one => one?.slot).toSorted(), [0, 1, 2])

  await held.find(one => one?.slot === 1)?.release()
  const next = await new SlotLease({ redis, logger }).take()
  t.equal(next?.slot, 1)
  for (const one of [...held, next]) await one?.release()
})

t.test('a slot that was asked for by number is taken or not', async t => {
  const { redis } = await startLog(t)
  const held = await new SlotLease({ redis, logger, slot: 7 }).take()
  t.equal(held?.slot, 7)
  t.equal(await new SlotLease({ redis, logger, slot: 7 }).take(), undefined)
  await held?.release()
})

t.test('a lease is renewed while it is held, and its loss is noticed', async t => {
  const { redis } = await startLog(t)
  const held = await new SlotLease({ redis, logger, ttlMs: 3_000 }).take()
  await redis.pexpire(slotKey(0), 2_000)
  await until(async () => (await redis.pttl(slotKey(0))) > 2_000, { what: 'the lease to be renewed' })

  await redis.set(slotKey(0), 'another')
  if (held && !held.lost.aborted) await once(held.lost, 'abort')
  await held?.release()

  t.equal(await redis.get(slotKey(0)), 'another')
})

t.test('a lease that cannot be renewed is lost when it has run out', async t => {
  const log = await startLog(t)
  const proxy = await startFaultProxy(t, { target: { host: '127.0.0.1', port: log.server.port } })
  const redis = connectRedis({ url: `redis://127.0.0.1:${proxy.port}`, name: 'test', logger, commandTimeout: 2_000 })
  t.teardown(() => redis.disconnect())
  const held = await new SlotLease({ redis, logger, ttlMs: 300 }).take()

  await proxy.cut()

  if (held && !held.lost.aborted) await once(held.lost, 'abort')
  await t.resolves(async () => held?.release(), 'giving back what is lost is no failure')
})
