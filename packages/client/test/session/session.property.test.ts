import fc from 'fast-check'
import t from 'tap'
import type { SubscriptionRequest } from '../../src/session/input.ts'
import { World } from './world.ts'

type Action = (world: World) => void

const symbol = fc.constantFrom('A', 'B', 'C')
const which = fc.nat({ max: 3 })
const socketOf = (world: World, at: number) => [...world.sockets.keys()].at(at % Math.max(1, world.sockets.size)) ?? 0
const act = (make: fc.Arbitrary<Action>, weight: number) => ({ arbitrary: make, weight })

const appends = fc.array(symbol, { minLength: 1, maxLength: 5 }).map(
  (symbols): Action =>
    world => {
      for (const name of symbols) world.log.append(name)
      for (const socket of world.sockets.values()) socket.pump()
    }
)
const delivers = fc.tuple(which, fc.integer({ min: 1, max: 6 })).map(
  ([at, count]): Action =>
    world => {
      for (let frame = 0; frame < count; frame++) world.deliver(socketOf(world, at))
    }
)
const heartbeats = fc.constant<Action>(world => {
  for (const socket of world.sockets.values()) socket.heartbeat()
})
const passes = fc.constantFrom(10, 200, 1500, 6000).map(
  (ms): Action =>
    world =>
      world.advance(ms)
)
const loses = fc.tuple(which, which).map(
  ([at, frame]): Action =>
    world => {
      world.sockets.get(socketOf(world, at))?.sent.splice(frame, 1)
    }
)
const doubles = fc.tuple(which, which).map(
  ([at, frame]): Action =>
    world => {
      const sent = world.sockets.get(socketOf(world, at))?.sent ?? []
      sent.push(...sent.slice(frame, frame + 2))
    }
)
const reorders = fc.tuple(which, which).map(
  ([at, frame]): Action =>
    world => {
      const sent = world.sockets.get(socketOf(world, at))?.sent ?? []
      sent.push(...sent.splice(frame, 1))
    }
)
const cuts = fc.tuple(which, fc.constantFrom(1006, 1001, 4100, 4200)).map(
  ([at, code]): Action =>
    world => {
      world.cut(socketOf(world, at), code)
    }
)
const drains = which.map(
  (at): Action =>
    world =>
      world.sockets.get(socketOf(world, at))?.drain()
)
const freezes = which.map(
  (at): Action =>
    world => {
      world.sockets.get(socketOf(world, at))?.sent.splice(0)
      world.advance(2500)
    }
)
const trims = fc.nat({ max: 4 }).map(
  (keep): Action =>
    world =>
      world.log.trim(keep)
)
const resets = fc.constant<Action>(world => world.log.reset())
const changes = fc.constantFrom('late', 'a').map(
  (id): Action =>
    world => {
      if (world.seen.has(id)) world.unsubscribe(id)
      else world.subscribe({ id, channel: 'daily', from: 'now', filter: { symbols: id === 'a' ? ['A'] : ['B', 'C'] } })
    }
)

const life = [act(appends, 8), act(delivers, 12), act(heartbeats, 3), act(passes, 4), act(changes, 1)]
const faults = [act(loses, 4), act(doubles, 3), act(reorders, 3), act(cuts, 2), act(drains, 2), act(freezes, 1)]
const disasters = [act(trims, 1), act(resets, 1)]

const everything: SubscriptionRequest = { id: 'all', channel: 'daily', from: { epoch: 'e1', offset: 0 } }
const onlyA: SubscriptionRequest = { id: 'a', channel: 'daily', from: 'now', filter: { symbols: ['A'] } }

const styles = fc.constantFrom('begins_at_next' as const, 'begins_as_asked' as const)
const randoms = fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true }))

function runs(
  kinds: { arbitrary: fc.Arbitrary<Action>; weight: number }[],
  check: (world: World) => void,
  numRuns: number
) {
  const actions = fc.array(fc.oneof(...kinds), { maxLength: 60, size: 'max' })
  return fc.assert(
    fc.property(styles, randoms, actions, (style, stream, list) => {
      const world = new World({ style, random: () => stream.next().value ?? 0.5 })
      world.subscribe(everything)
      world.subscribe(onlyA)
      for (const action of list) action(world)
      world.settle()
      check(world)
    }),
    { numRuns }
  )
}

function hasEverything({ log, seen, sockets, session }: World) {
  if (session.state !== 'live' || sockets.size !== 1) throw new Error(`${session.state} on ${sockets.size} sockets`)
  for (const { request, position } of seen.values()) {
    if (position?.epoch !== log.epoch || position.offset !== log.top) {
      throw new Error(`${request.id} is at ${position?.epoch}:${position?.offset} of ${log.epoch}:${log.top}`)
    }
  }
}

t.test(
  'whatever the network loses, doubles, reorders and cuts, all that matches arrives once and in order',
  async t => {
    t.doesNotThrow(() =>
      runs(
        [...life, ...faults],
        world => {
          hasEverything(world)
          for (const { request, gaps } of world.seen.values()) {
            if (gaps > 0) throw new Error(`${request.id} was told of a gap, and nothing was lost`)
          }
        },
        1000
      )
    )
  }
)

t.test('what retention or a reset of the log has taken is told as a gap, and all else arrives', async t => {
  t.doesNotThrow(() => runs([...life, ...faults, ...disasters], hasEverything, 1000))
})

t.test('without faults nothing is asked for twice', async t => {
  t.doesNotThrow(() =>
    runs(
      [act(appends, 4), act(heartbeats, 1), act(delivers, 6)],
      ({ session: { counters } }) => {
        if (counters.recoveries + counters.duplicates + counters.reconnects + counters.gaps > 0) {
          throw new Error(JSON.stringify(counters))
        }
      },
      200
    )
  )
})
