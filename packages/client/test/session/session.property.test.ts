import fc from 'fast-check'
import t from 'tap'
import type { SubscriptionRequest } from '../../src/session/input.ts'
import { conforms } from './spec.ts'
import { World } from './world.ts'

const HOUR = 3_600_000
/** More runs by hand: `RUNS=20 node --conditions=@tickstock/source …`. */
const MORE = Number(process.env.RUNS ?? 1)
const IDS = ['all', 'a', 'snap', 'kept', 'watched', 'listed', 'twin', 'late'] as const

const requests: Record<(typeof IDS)[number], SubscriptionRequest> = {
  all: { id: 'all', channel: 'daily', from: { epoch: 'e1', offset: 0 } },
  a: { id: 'a', channel: 'daily', from: 'now', filter: { symbols: ['A'] } },
  snap: { id: 'snap', channel: 'daily', from: 'snapshot', filter: { symbols: ['A', 'B'], confidence_min: 0.5 } },
  kept: { id: 'kept', channel: 'daily', from: 'acknowledged', filter: { symbols: ['B', 'C'] }, name: 'n' },
  watched: {
    id: 'watched',
    channel: 'daily',
    from: 'now',
    filter: { watchlist: '018f4d3e-0000-7000-8000-000000000001' }
  },
  listed: {
    id: 'listed',
    channel: 'daily',
    from: 'snapshot',
    filter: { watchlist: '018f4d3e-0000-7000-8000-000000000001', confidence_min: 0.5 }
  },
  // Equal to one that follows a watchlist, whenever that has A alone, and to another at any time.
  twin: { id: 'twin', channel: 'daily', from: 'now', filter: { symbols: ['A'] } },
  late: { id: 'late', channel: 'daily', from: 'now', filter: { symbols: ['C'] } }
}

type Action = (world: World) => void

const symbol = fc.constantFrom('A', 'B', 'C')
const which = fc.nat({ max: 3 })
const socketOf = (world: World, at: number) => [...world.sockets.keys()].at(at % Math.max(1, world.sockets.size)) ?? 0
const act = (make: fc.Arbitrary<Action>, weight: number) => ({ arbitrary: make, weight })

const said = fc.record({
  symbol,
  confidence: fc.constantFrom(0.3, 0.5, 0.9),
  ends: fc.nat({ max: 4 }).map(one => one === 0),
  age: fc.constantFrom(0, 0, 0, 1, 5)
})

const appends = fc.array(said, { minLength: 1, maxLength: 5 }).map(
  (all): Action =>
    world => {
      for (const { symbol, ...one } of all) world.log.append(symbol, one)
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
/** A network that delivers in order loses a snapshot from its end, if at all. */
const isPage = (text = '') => text.includes('"snapshot"') && !text.includes('"remaining":0')

const loses = fc.tuple(which, which).map(
  ([at, frame]): Action =>
    world => {
      const sent = world.sockets.get(socketOf(world, at))?.sent ?? []
      if (!isPage(sent[frame])) sent.splice(frame, 1)
    }
)
const doubles = fc.tuple(which, which).map(
  ([at, frame]): Action =>
    world => {
      world.double(socketOf(world, at), frame)
    }
)
const reorders = fc.tuple(which, which).map(
  ([at, frame]): Action =>
    world => {
      const sent = world.sockets.get(socketOf(world, at))?.sent ?? []
      if (!sent.slice(frame).some(isPage)) sent.push(...sent.splice(frame, 1))
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
      world.drain(socketOf(world, at))
)
const freezes = which.map(
  (at): Action =>
    world => {
      world.sockets.get(socketOf(world, at))?.sent.splice(0)
      world.advance(2500)
    }
)
const sleeps = fc.constantFrom(3000, 3 * HOUR).map(
  (ms): Action =>
    world =>
      world.sleep(ms)
)
const jumps = fc.constantFrom(3000, 3 * HOUR).map(
  (ms): Action =>
    world =>
      world.jump(ms)
)
const skews = fc.integer({ min: -5 * HOUR, max: 5 * HOUR }).map(
  (ms): Action =>
    world => {
      world.skew += ms
    }
)
const networkEvents = fc.constantFrom('online' as const, 'offline' as const, 'wake' as const).map(
  (type): Action =>
    world =>
      world.says(type)
)
const tokenFails = fc.boolean().map(
  (works): Action =>
    world => {
      world.tokenWorks = works
    }
)
const crashes = fc.constant<Action>(world => world.crash())
const trims = fc.nat({ max: 4 }).map(
  (keep): Action =>
    world =>
      world.log.trim(keep)
)
const resets = fc.constant<Action>(world => world.log.reset())
const forgets = fc.constant<Action>(world => world.server.kept.clear())
const edits = fc.subarray(['B', 'C']).map(
  (more): Action =>
    world =>
      world.log.edit(['A', ...more])
)
const applies = fc.tuple(fc.constantFrom(...IDS), fc.constantFrom(1, 3, 1000)).map(
  ([id, count]): Action =>
    world =>
      world.apply(id, count)
)
const changes = fc.constantFrom('late' as const, 'a' as const, 'kept' as const, 'snap' as const).map(
  (id): Action =>
    world => {
      if (world.has(id)) world.unsubscribe(id)
      else world.subscribe(requests[id])
    }
)

const life = [act(appends, 8), act(delivers, 12), act(heartbeats, 3), act(passes, 4), act(changes, 1), act(applies, 10)]
const faults = [act(loses, 4), act(doubles, 3), act(reorders, 3), act(cuts, 2), act(drains, 2), act(freezes, 1)]
const clocks = [act(sleeps, 1), act(jumps, 1), act(skews, 1), act(tokenFails, 1), act(networkEvents, 3)]
const owners = [act(edits, 2), act(crashes, 1), act(forgets, 1)]
const disasters = [act(trims, 1), act(resets, 1)]

/** Park and Miller's generator: numbers from 0 to 1 that a seed repeats. */
function randomFrom(seed: number): () => number {
  let state = (seed % 2_147_483_646) + 1
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}

const worlds = fc.record({
  style: fc.constantFrom('begins_at_next' as const, 'begins_as_asked' as const),
  seed: fc.nat(),
  skew: fc.integer({ min: -10 * HOUR, max: 10 * HOUR }),
  tokenMs: fc.constantFrom(undefined, 8000, HOUR)
})

function runs(
  kinds: { arbitrary: fc.Arbitrary<Action>; weight: number }[],
  check: (world: World) => void,
  numRuns: number
) {
  const actions = fc.array(fc.oneof(...kinds), { maxLength: 80, size: 'max' })
  return fc.assert(
    fc.property(worlds, actions, ({ seed, ...options }, list) => {
      const world = new World({ ...options, random: randomFrom(seed), watch: conforms })
      for (const id of IDS) if (id !== 'late') world.subscribe(requests[id])
      for (const action of list) action(world)
      world.settle()
      check(world)
    }),
    { numRuns: numRuns * MORE, includeErrorInReport: true }
  )
}

function hasEverything({ log, applications, sockets, session }: World) {
  if (session.state !== 'live' || sockets.size !== 1) throw new Error(`${session.state} on ${sockets.size} sockets`)
  for (const { request, applied, status, isWhole } of applications.values()) {
    if (!isWhole) throw new Error(`${request.id} has other patterns than a scan`)
    if (applied?.epoch !== log.epoch || applied.offset !== log.top) {
      throw new Error(`${request.id} is at ${applied?.epoch}:${applied?.offset} of ${log.epoch}:${log.top}`)
    }
    if (status?.state !== 'live') throw new Error(`${request.id} is ${status?.state}`)
  }
}

function hasNoGap(world: World) {
  hasEverything(world)
  for (const { request, gaps } of world.applications.values()) {
    if (gaps > 0) throw new Error(`${request.id} was told of a gap, and nothing was lost`)
  }
}

t.test(
  'whatever the network loses, doubles, reorders and cuts, all that matches arrives once and in order',
  async t => {
    t.doesNotThrow(() => runs([...life, ...faults], hasNoGap, 500))
  }
)

t.test(
  'so it does while clocks stall, jump and disagree, the platform speaks of the network, tokens end, filters are edited and the application dies',
  async t => {
    t.doesNotThrow(() => runs([...life, ...faults, ...clocks, ...owners], hasNoGap, 500))
  }
)

t.test('what retention or a reset of the log has taken is told as a gap, and all else arrives', async t => {
  t.doesNotThrow(() => runs([...life, ...faults, ...clocks, ...owners, ...disasters], hasEverything, 500))
})

t.test('without faults nothing is asked for twice, and nothing is said that a server would refuse', async t => {
  t.doesNotThrow(() =>
    runs(
      [act(appends, 4), act(heartbeats, 1), act(delivers, 6), act(applies, 5), act(edits, 1), act(networkEvents, 1)],
      ({ server, session: { counters } }) => {
        if (counters.recoveries + counters.duplicates + counters.reconnects + counters.gaps + server.strikes > 0) {
          throw new Error(JSON.stringify({ ...counters, strikes: server.strikes }))
        }
      },
      200
    )
  )
})
