import { CHANNELS, FREE_SLOTS_KEY, gatewayGroup, logKey, slotKey } from '@tickstock/contracts'
import { createLogger } from '@tickstock/service-kit'
import fc from 'fast-check'
import type { Redis } from 'ioredis'
import t from 'tap'
import { SlotGroups } from '../../src/stores/slot-groups.ts'
import { type HeldSlot, SlotLease } from '../../src/stores/slot-lease.ts'
import { startLog } from '../gateway-fixture.ts'

const logger = createLogger({ service: 'test', level: 'silent' })
const RETENTION = 1_000

const makeGroup = (redis: Redis, slot: number) =>
  Promise.all(CHANNELS.map(channel => redis.xgroup('CREATE', logKey(channel), gatewayGroup(slot), '0', 'MKSTREAM')))

async function groupsOf(redis: Redis): Promise<string[][]> {
  const infos = await Promise.all(CHANNELS.map(channel => redis.xinfo('GROUPS', logKey(channel))))
  return infos.map(groups => (Array.isArray(groups) ? groups : []).map(group => String(group[1])))
}

/** Slot groups by a clock that the test moves. */
function groupsBy(redis: Redis, clock: { now: number }) {
  const lease = new SlotLease({ redis, logger, ttlMs: 60_000 })
  return new SlotGroups({ redis, logger, lease, retentionMs: RETENTION, now: () => clock.now })
}

t.test('the groups of a slot go when it has been free for long, and others stay', async t => {
  const { redis } = await startLog(t)
  const clock = { now: 0 }
  const groups = groupsBy(redis, clock)
  await groups.sweep()
  for (const slot of [0, 1]) await makeGroup(redis, slot)
  await redis.xgroup('CREATE', logKey('daily'), 'somebody-else', '0')
  await redis.set(slotKey(1), 'a gateway')

  await groups.sweep()
  clock.now = RETENTION - 1
  await groups.sweep()
  t.ok(
    (await groupsOf(redis)).every(names => names.includes('gateway-0')),
    'not yet'
  )
  clock.now = RETENTION
  await groups.sweep()

  t.same(
    (await groupsOf(redis)).map(names => names.toSorted()),
    CHANNELS.map(channel => (channel === 'daily' ? ['gateway-1', 'somebody-else'] : ['gateway-1']))
  )
  t.equal(await redis.exists(FREE_SLOTS_KEY), 0)
  t.equal(await redis.exists(slotKey(0)), 0, 'the slot is free again')
})

t.test('a slot that was in use meanwhile is free from then on', async t => {
  const { redis } = await startLog(t)
  const clock = { now: 0 }
  const groups = groupsBy(redis, clock)
  await makeGroup(redis, 0)
  await groups.sweep()

  clock.now = RETENTION - 1
  await groups.claim(0)
  clock.now = RETENTION
  await groups.sweep()
  t.match(await groupsOf(redis), [['gateway-0']])

  clock.now = 2 * RETENTION
  await groups.sweep()
  t.match(await groupsOf(redis), [[]])
})

t.test(
  'a gateway that takes the slot at the last moment keeps its groups, and so does the next for their time',
  async t => {
    const { redis } = await startLog(t)
    const clock = { now: 0 }
    const gateway = new SlotLease({ redis, logger })
    const sweeper = new SlotLease({ redis, logger })
    let atLast = async (): Promise<unknown> => undefined
    const take = async (slot?: number) => {
      await atLast()
      return sweeper.take(slot)
    }
    const groups = new SlotGroups({ redis, logger, lease: { take }, retentionMs: RETENTION, now: () => clock.now })
    await makeGroup(redis, 0)
    await groups.sweep()
    clock.now = RETENTION

    let held: HeldSlot | undefined
    atLast = async () => {
      held = await gateway.take()
      await groups.claim(0)
    }
    await groups.sweep()
    t.equal(held?.slot, 0)
    t.match(await groupsOf(redis), [['gateway-0']], 'it holds the slot')

    await held?.release()
    await groups.sweep()
    clock.now = 2 * RETENTION
    atLast = () => groups.claim(0)
    await groups.sweep()
    t.match(await groupsOf(redis), [['gateway-0']], 'another held the slot a moment ago')
    t.equal(await redis.exists(slotKey(0)), 0)
  }
)

t.test('whatever comes and goes at the same time, a gateway that holds a slot keeps its groups', async t => {
  const { redis } = await startLog(t)
  const step = fc.record({
    gateway: fc.nat({ max: 2 }),
    does: fc.constantFrom('comes', 'goes'),
    sweeps: fc.array(fc.nat({ max: 1 }), { maxLength: 3 }),
    passes: fc.constantFrom(0, RETENTION / 2, RETENTION)
  })
  const property = fc.asyncProperty(fc.array(step, { maxLength: 25 }), async steps => {
    await redis.flushall()
    const clock = { now: 0 }
    const sweepers = [groupsBy(redis, clock), groupsBy(redis, clock)]
    const leases = Array.from({ length: 3 }, () => new SlotLease({ redis, logger, ttlMs: 60_000 }))
    const held = new Map<number, Awaited<ReturnType<SlotLease['take']>>>()

    for (const { gateway, does, sweeps, passes } of steps) {
      clock.now += passes
      const act = async () => {
        const mine = held.get(gateway)
        if (does === 'comes' && mine === undefined) {
          const taken = await leases[gateway]?.take()
          if (taken === undefined) return
          held.set(gateway, taken)
          await sweepers[0]?.claim(taken.slot)
          // It joins the groups that are there, else makes them.
          await makeGroup(redis, taken.slot).catch(() => undefined)
        } else if (does !== 'comes' && mine !== undefined) {
          held.delete(gateway)
          await mine.release()
        }
      }
      await Promise.all([act(), ...sweeps.map(sweeper => sweepers[sweeper]?.sweep())])
      const names = held.size > 0 ? await groupsOf(redis) : []
      for (const one of held.values()) {
        const group = gatewayGroup(one?.slot ?? -1)
        if (!names.every(list => list.includes(group))) throw new Error(`${group} is gone`)
      }
    }
    for (const one of held.values()) await one?.release()
  })

  await fc.assert(property, { numRuns: 60 })
})
