import { acknowledgedKey } from '@tickstock/contracts'
import fc from 'fast-check'
import t from 'tap'
import type { Acknowledgement } from '../../src/domain/acknowledged-positions.ts'
import { AcknowledgedHash } from '../../src/stores/acknowledged-hash.ts'
import { SimulatedPositions } from '../domain/simulated-positions.ts'
import { startLog } from '../gateway-fixture.ts'

const MONTH = 30 * 24 * 3_600_000

const of = (offset: number, epoch = 'e1', device = 'laptop', name = 'page'): Acknowledgement => ({
  device,
  name,
  channel: 'daily',
  position: { epoch, offset }
})

t.test('positions', async t => {
  const { redis } = await startLog(t)
  const positions = new AcknowledgedHash(redis)

  t.test('a position never goes back, and is found by user, name and channel', async t => {
    t.same(await positions.keep('alice', [of(7)]), [{ offset: 7 }])
    t.same(await positions.keep('alice', [of(5)]), [{ offset: 7 }], 'the one that is stored')
    t.same(await positions.keep('alice', [of(3, 'e1', 'phone'), of(4, 'e1', 'phone', 'other')]), [
      { offset: 3 },
      { offset: 4 }
    ])

    const kept = await positions.of('alice', 'page', 'daily')
    t.match(
      kept.toSorted((one, other) => one.device.localeCompare(other.device)),
      [
        { device: 'laptop', position: { epoch: 'e1', offset: 7 } },
        { device: 'phone', position: { epoch: 'e1', offset: 3 } }
      ]
    )
    t.ok(Math.abs((kept[0]?.at ?? 0) - Date.now()) < 60_000)
    t.same(await positions.of('alice', 'page', 'combo'), [])
    t.same(await positions.of('bob', 'page', 'daily'), [])
  })

  t.test('another epoch is told, and replaced only where it is known to be over', async t => {
    await positions.keep('epochs', [of(9, 'e1')])
    t.same(await positions.keep('epochs', [of(1, 'e2')]), [{ epoch: 'e1' }])
    t.same(await positions.keep('epochs', [{ ...of(1, 'e2'), over: 'e0' }]), [{ epoch: 'e1' }])
    t.same(await positions.keep('epochs', [{ ...of(1, 'e2'), over: 'e1' }]), [{ offset: 1 }])
    t.match(await positions.of('epochs', 'page', 'daily'), [{ position: { epoch: 'e2', offset: 1 } }])
  })

  t.test('offsets and epochs come back as they were', async t => {
    const odd = of(Number.MAX_SAFE_INTEGER, '"\\ }é', 'laptop')
    t.same(await positions.keep('odd', [odd]), [{ offset: Number.MAX_SAFE_INTEGER }])
    t.match(await positions.of('odd', 'page', 'daily'), [{ position: odd.position }])
    t.same(await positions.keep('odd', [{ ...odd, position: { ...odd.position, offset: 3 } }]), [
      { offset: Number.MAX_SAFE_INTEGER }
    ])
  })

  t.test('every ack lets all of a user live for another month', async t => {
    await positions.keep('away', [of(1)])
    await redis.pexpire(acknowledgedKey('away'), 1_000)
    await positions.keep('away', [of(1)])
    t.ok((await redis.pttl(acknowledgedKey('away'))) > MONTH - 60_000)
  })

  t.test('beyond 256 names of a user the one that was acknowledged longest ago goes', async t => {
    const names = Array.from({ length: 256 }, (_, at) => of(1, 'e1', 'laptop', `name-${at}`))
    await positions.keep('many', names.slice(0, 1))
    await redis.hset(acknowledgedKey('many'), 'laptop name-1 daily', '{"epoch":"e1","offset":1,"at":5}')
    await positions.keep('many', [...names.slice(2), names[0] ?? of(1)])
    await positions.keep('many', [of(1, 'e1', 'phone', 'newest')])

    t.equal(await redis.hlen(acknowledgedKey('many')), 256)
    t.same(await positions.of('many', 'name-1', 'daily'), [])
    t.equal((await positions.of('many', 'newest', 'daily')).length, 1)
    t.equal((await positions.of('many', 'name-0', 'daily')).length, 1)
  })

  t.test('what is no position is refused aloud', async t => {
    await redis.hset(acknowledgedKey('broken'), 'laptop page daily', '{"epoch":"e1"}')
    await t.rejects(positions.of('broken', 'page', 'daily'), { name: 'UnexpectedReplyError' })
    await redis.set(acknowledgedKey('wrong'), 'text')
    await t.rejects(positions.keep('wrong', [of(1)]), /WRONGTYPE/)
  })

  t.test('it does what the one in memory does, which other tests rely on', async t => {
    const acknowledgement = fc.record({
      device: fc.constantFrom('laptop', 'phone'),
      name: fc.constantFrom('a', 'b'),
      channel: fc.constant('daily' as const),
      position: fc.record({ epoch: fc.constantFrom('e1', 'e2'), offset: fc.nat(5) }),
      over: fc.constantFrom(undefined, 'e1', 'e2')
    })
    let user = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(acknowledgement, { minLength: 1, maxLength: 4 }), { maxLength: 8 }),
        async all => {
          const simulated = new SimulatedPositions()
          const name = `user-${user++}`
          for (const these of all) {
            const [real, expected] = [await positions.keep(name, these), await simulated.keep(name, these)]
            if (JSON.stringify(real) !== JSON.stringify(expected))
              throw new Error(`${JSON.stringify([real, expected])}`)
          }
        }
      ),
      { numRuns: 60 }
    )
    t.pass('the same')
  })
})
