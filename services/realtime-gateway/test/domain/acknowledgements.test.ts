import type { Position } from '@tickstock/contracts'
import t from 'tap'
import type { ControlMessage } from '../../src/domain/frames.ts'
import { Subscriber } from '../../src/domain/subscription.ts'
import { acknowledgingParts } from './acknowledging-parts.ts'
import { SimulatedClient } from './simulated-client.ts'
import { SimulatedLog } from './simulated-log.ts'

const turn = () => new Promise(resolve => setImmediate(resolve))

/** A socket of a user, which says what he was answered. */
function socketOf(user: string) {
  const answers: Record<string, Position>[] = []
  const acknowledger = {
    user,
    subscriber: new Subscriber(new SimulatedClient()),
    reply: (message: ControlMessage) => {
      if (message.type === 'acknowledged') answers.push(message.positions)
    }
  }
  return { acknowledger, answers }
}

const at = (offset: number, epoch = 'e1'): Position => ({ epoch, offset })
const named = (position: Position, name = 'page', device = 'laptop') => ({
  device,
  name,
  channel: 'daily' as const,
  position
})

function setting() {
  const log = new SimulatedLog(10)
  const all = acknowledgingParts({ history: log })
  const settle = async () => {
    for (let still = 0; still < 20; still++) await turn()
  }
  return { log, ...all, settle }
}

t.test(
  'what is acknowledged within a moment is written once, the newest of each name, and answered when it is kept',
  async t => {
    const { acknowledgements, positions, settle, settled } = setting()
    const { acknowledger, answers } = socketOf('alice')

    acknowledgements.take(acknowledger, 's', named(at(3)))
    acknowledgements.take(acknowledger, 's', named(at(7)))
    acknowledgements.take(acknowledger, 's', named(at(5)))
    acknowledgements.take(acknowledger, 'other', named(at(2), 'other'))
    t.same(answers, [], 'nothing is answered before it is kept')
    await settle()

    t.same(positions.writes, [{ user: 'alice', positions: 2 }])
    t.same(answers, [{ s: at(7), other: at(2) }])
    t.same(await positions.of('alice', 'page', 'daily'), [{ device: 'laptop', position: at(7), at: 1 }])
    t.same(settled, { kept: 2, outdated: 0, given_up: 0 })
    t.equal(acknowledgements.waiting, 0)
  }
)

t.test('two sockets of one device and name share a position: both are told the furthest', async t => {
  const { acknowledgements, positions, settle } = setting()
  const [one, other] = [socketOf('alice'), socketOf('alice')]

  acknowledgements.take(one.acknowledger, 's', named(at(9)))
  acknowledgements.take(other.acknowledger, 't', named(at(4)))
  await settle()

  t.same([one.answers, other.answers], [[{ s: at(9) }], [{ t: at(9) }]])
  t.match(await positions.of('alice', 'page', 'daily'), [{ position: at(9) }])
})

t.test('what is acknowledged while the store is being asked is not lost', async t => {
  const { acknowledgements, positions, settle } = setting()
  const { acknowledger, answers } = socketOf('alice')
  const { promise: gate, resolve: open } = Promise.withResolvers<void>()
  positions.gate = gate

  acknowledgements.take(acknowledger, 's', named(at(1)))
  await settle()
  acknowledgements.take(acknowledger, 's', named(at(2)))
  open()
  await settle()

  t.same(answers, [{ s: at(2) }])
  t.match(await positions.of('alice', 'page', 'daily'), [{ position: at(2) }])
})

t.test(
  'while the store is away nothing is answered, only the newest waits, and it is kept when the store is back',
  async t => {
    const { acknowledgements, positions, settle, pauses, failures } = setting()
    const { acknowledger, answers } = socketOf('alice')
    positions.failure = new Error('away')

    for (let offset = 1; offset <= 100; offset++) acknowledgements.take(acknowledger, 's', named(at(offset)))
    await settle()
    t.equal(acknowledgements.waiting, 1)
    t.same(answers, [])
    t.same(pauses.slice(0, 3), [0, 1, 2], 'each failure makes the wait longer')

    positions.failure = undefined
    await settle()
    t.same(answers, [{ s: at(100) }])
    t.ok(failures.length > 0, 'the failures were told')
    t.equal(acknowledgements.waiting, 0)
  }
)

t.test('what no repetition mends is given up, and holds nobody up', async t => {
  const { acknowledgements, positions, settle, settled } = setting()
  const { acknowledger, answers } = socketOf('alice')
  positions.failure = positions.hopeless
  acknowledgements.take(acknowledger, 's', named(at(1)))
  await settle()
  t.same(settled, { kept: 0, outdated: 0, given_up: 1 })

  positions.failure = undefined
  acknowledgements.take(acknowledger, 's', named(at(2)))
  await settle()
  t.same(answers, [{ s: at(2) }])
})

t.test('of more names than are kept of a user the one that waits longest is given up', async t => {
  const { acknowledgements, settle, settled } = setting()
  const { acknowledger, answers } = socketOf('alice')
  for (let name = 0; name < 257; name++) acknowledgements.take(acknowledger, `${name}`, named(at(1), `name-${name}`))
  t.equal(acknowledgements.waiting, 256)
  await settle()
  t.equal(settled.given_up, 1)
  t.notOk(answers[0]?.['0'])
  t.ok(answers[0]?.['256'])
})

t.test(
  'a position of a new epoch replaces one of the old, and one of an epoch that is over changes nothing',
  async t => {
    const { acknowledgements, positions, settle, settled, log } = setting()
    const { acknowledger, answers } = socketOf('alice')
    acknowledgements.take(acknowledger, 's', named(at(500)))
    await settle()

    log.flush()
    const present = { epoch: log.epoch, offset: 3 }
    acknowledgements.take(acknowledger, 's', named(present))
    await settle()
    t.match(await positions.of('alice', 'page', 'daily'), [{ position: present }])

    acknowledgements.take(acknowledger, 's', named(at(600)))
    await settle()
    t.match(await positions.of('alice', 'page', 'daily'), [{ position: present }])
    t.same(answers, [{ s: at(500) }, { s: present }])
    t.same(settled, { kept: 2, outdated: 1, given_up: 0 })
  }
)

t.test('while nobody knows which epoch is present, nothing is decided', async t => {
  const { acknowledgements, settle, log } = setting()
  const { acknowledger, answers } = socketOf('alice')
  acknowledgements.take(acknowledger, 's', named(at(5)))
  await settle()
  log.flush()
  log.answers = false
  acknowledgements.take(acknowledger, 's', named({ epoch: log.epoch, offset: 1 }))
  await settle()
  t.equal(acknowledgements.waiting, 1)

  log.answers = true
  await settle()
  t.same(answers.at(-1), { s: { epoch: log.epoch, offset: 1 } })
})

t.test('a device goes on where it left off, another where the furthest did, and what waits counts', async t => {
  const { acknowledgements, positions, settle } = setting()
  const { acknowledger } = socketOf('alice')
  const find = async (device: string, anywhere = false) =>
    (await acknowledgements.find('alice', { device, name: 'page', channel: 'daily' }, { anywhere }))?.position
  t.equal(await find('laptop'), undefined)

  acknowledgements.take(acknowledger, 's', named(at(4)))
  acknowledgements.take(acknowledger, 's', named(at(9), 'page', 'phone'))
  acknowledgements.take(acknowledger, 's', named(at(20), 'another'))
  const { promise: gate, resolve: open } = Promise.withResolvers<void>()
  positions.gate = gate
  const found = async () => [await find('laptop'), await find('laptop', true), await find('tablet')]
  t.same(await found(), [at(4), at(9), at(9)], 'before it is kept')
  open()
  await settle()
  t.same(await found(), [at(4), at(9), at(9)], 'after')
})

t.test('of positions of several epochs that of the present one counts, as the log says', async t => {
  const { acknowledgements, positions, log } = setting()
  const keep = (device: string, position: Position, at: number) =>
    positions.kept.set(`alice ${device} page daily`, { device, name: 'page', channel: 'daily', position, at })
  const find = (known?: Position) =>
    acknowledgements.find(
      'alice',
      { device: 'tablet', name: 'page', channel: 'daily' },
      { anywhere: true, ...(known && { known }) }
    )
  log.flush()
  keep('laptop', at(3, 'e2'), 1)
  keep('phone', at(9, 'e1'), 2)

  t.match(await find(), { position: at(3, 'e2') })
  t.match(await find(at(20, 'e1')), { position: at(3, 'e2') })
  log.flush()
  t.match(await find(), { position: at(9, 'e1') }, 'of epochs that are over the newest: the log tells the gap')
  log.answers = false
  await t.rejects(find())
  positions.kept.delete('alice phone page daily')
  t.match(await find(), { position: at(3, 'e2') }, 'a single epoch needs no word of the log')
})

t.test('another user has no part in it', async t => {
  const { acknowledgements, settle } = setting()
  acknowledgements.take(socketOf('alice').acknowledger, 's', named(at(4)))
  const find = () =>
    acknowledgements.find('bob', { device: 'laptop', name: 'page', channel: 'daily' }, { anywhere: true })
  t.equal(await find(), undefined)
  await settle()
  t.equal(await find(), undefined)
})

t.test('at the end what waits is written at once, or given up after a few attempts', async t => {
  const one = setting()
  const { acknowledger, answers } = socketOf('alice')
  one.acknowledgements.take(acknowledger, 's', named(at(4)))
  await one.acknowledgements.close()
  t.same(answers, [{ s: at(4) }])

  const other = setting()
  other.positions.failure = new Error('away')
  other.acknowledgements.take(acknowledger, 's', named(at(4)))
  await other.acknowledgements.close()
  t.equal(other.settled.given_up, 1)
  t.ok(other.positions.writes.length >= 3)
  await other.acknowledgements.close()
})

t.test('of more users than may wait the one that waits longest is given up', async t => {
  const { acknowledgements, positions, settled } = setting()
  positions.failure = new Error('away')
  const { acknowledger } = socketOf('one')
  for (let user = 0; user < 50_001; user++) {
    acknowledgements.take({ ...acknowledger, user: `user-${user}` }, 's', named(at(1)))
  }
  t.equal(acknowledgements.waiting, 50_000)
  t.equal(settled.given_up, 1)
  await acknowledgements.close()
  t.equal(settled.given_up, 50_001)
})
