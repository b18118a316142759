import { until } from '@tickstock/test-kit'
import t, { type Test } from 'tap'
import {
  type ClientOptions,
  createClient,
  type LiveHandlers,
  type LiveStatus,
  type MissedEvents,
  type PositionStore,
  type Positions
} from '../src/index.ts'
import { memoryStore } from '../src/storage.ts'
import { TestService } from './server.ts'

function recorder() {
  const events: string[] = []
  const gaps: MissedEvents[] = []
  const states: string[] = []
  const refused: string[] = []
  let caughtUp = 0
  const handlers: LiveHandlers = {
    onEvent: ({ pattern }, { position }) => events.push(`${pattern.symbol}@${position.offset}`),
    onGap: gap => gaps.push(gap),
    onState: (state, reason) => states.push(`${state}: ${reason}`),
    onCaughtUp: () => {
      caughtUp += 1
    },
    onRefused: ({ code }) => refused.push(code)
  }
  return { events, gaps, states, refused, handlers, caughtUps: () => caughtUp }
}

async function given(t: Test, options: Partial<ClientOptions> = {}) {
  const service = await new TestService().start(t)
  const client = createClient({ url: service.url, user: 'ann', ...options })
  t.teardown(() => client.close())
  return { service, client, seen: recorder() }
}

/** Errors that would end the program. */
function catchUncaught(t: Test): unknown[] {
  const uncaught: unknown[] = []
  const listeners = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  process.on('uncaughtException', error => uncaught.push(error))
  t.teardown(() => {
    process.removeAllListeners('uncaughtException')
    for (const listener of listeners) process.on('uncaughtException', listener)
  })
  return uncaught
}

const daily = { channels: ['daily'] } as const

t.test('a subscriber from now on gets what comes, in order', async t => {
  const { service, client, seen } = await given(t)
  service.publish('OLD')
  const positions: number[] = []
  const onPosition: LiveHandlers['onPosition'] = ({ position }) => positions.push(position.offset)
  client.subscribe(daily, { ...seen.handlers, onPosition })
  await until(() => seen.caughtUps() === 1)

  service.publish('AAPL', 'MSFT')

  await until(() => seen.events.length === 2)
  t.same(seen.events, ['AAPL@2', 'MSFT@3'])
  t.equal(positions[0], 1)
  t.equal(client.state, 'live')
  t.same(service.auths, [{ type: 'auth', user: 'ann' }])
})

t.test('a subscriber that is cut and returns misses none, and nothing comes twice', async t => {
  const { service, client, seen } = await given(t)
  client.subscribe({ ...daily, from: { daily: { epoch: 'e1', offset: 0 } } }, seen.handlers)
  await until(() => seen.caughtUps() === 1)

  for (let round = 0; round < 3; round++) {
    service.publish('A', 'B')
    service.cut()
    service.publish('C')
    await until(() => seen.events.length === 3 * (round + 1), { what: 'all events of the round' })
  }

  t.same(seen.events, ['A@1', 'B@2', 'C@3', 'A@4', 'B@5', 'C@6', 'A@7', 'B@8', 'C@9'])
  t.same(seen.gaps, [])
  t.ok(client.counters.reconnects >= 3)
})

t.test('a server that drains is left without a hole and without a pause', async t => {
  const { service, client, seen } = await given(t)
  client.subscribe(daily, seen.handlers)
  await until(() => seen.caughtUps() === 1)
  const [old] = service.sockets.keys()

  service.publish('A')
  service.drain()
  service.publish('B')

  await until(() => old && !service.sockets.has(old) && service.sockets.size === 1)
  service.publish('C')
  await until(() => seen.events.length === 3)
  t.same(seen.events, ['A@1', 'B@2', 'C@3'])
  t.same(
    seen.states.map(state => state.split(':')[0]),
    ['connecting', 'live']
  )
})

t.test('what a server loses is asked for again', async t => {
  const { service, client, seen } = await given(t)
  client.subscribe(daily, seen.handlers)
  await until(() => seen.caughtUps() === 1)

  service.log.append('LOST')
  for (const model of service.sockets.values()) {
    model.pump()
    model.sent.splice(0)
  }

  await until(() => seen.events.length === 1, { what: 'the heartbeat to show the lost tail' })
  service.publish('A')
  await until(() => seen.events.length === 2)
  t.same(seen.events, ['LOST@1', 'A@2'])
  t.ok(client.counters.recoveries >= 1)
})

t.test('what is lost for good is told', async t => {
  const { service, client, seen } = await given(t)
  service.publish('A', 'B', 'C')
  service.log.trim(1)

  client.subscribe({ ...daily, from: { daily: { epoch: 'e1', offset: 0 } } }, seen.handlers)

  await until(() => seen.events.length === 1)
  t.same(seen.gaps, [{ reason: 'expired', have: { epoch: 'e1', offset: 0 }, next: { epoch: 'e1', offset: 2 } }])
  t.same(seen.events, ['C@3'])
})

t.test('a server that falls silent is left, one that breaks the protocol too', async t => {
  const { service, client, seen } = await given(t)
  service.promisedHeartbeatMs = 25
  service.silent = true
  client.subscribe(daily, seen.handlers)
  await until(() => seen.states.some(state => state.includes('silence')))

  service.promisedHeartbeatMs = 5000
  service.silent = false
  const before = seen.caughtUps()
  await until(() => seen.caughtUps() > before)
  service.send('{"type":"event"}')

  await until(() => seen.states.some(state => state.includes('broke the protocol')))
  await until(() => client.state === 'live')
})

t.test('a refused identity stops it until the application tries again', async t => {
  let token = 'old'
  const { service, client, seen } = await given(t, { user: undefined, token: () => token })
  service.refuseWith = 4000
  client.subscribe(daily, seen.handlers)
  await until(() => client.state === 'stopped')

  service.refuseWith = undefined
  token = 'new'
  client.reconnect()

  await until(() => client.state === 'live')
  t.same(service.auths.at(-1), { type: 'auth', token: 'new' })
})

t.test('a token that cannot be had is tried again', async t => {
  let calls = 0
  const token = async () => {
    calls += 1
    if (calls === 1) throw new Error('the identity service is down')
    return 'fine'
  }
  const { client, seen } = await given(t, { token })

  client.subscribe(daily, seen.handlers)

  await until(() => client.state === 'live')
  t.ok(seen.states.some(state => state.includes('the identity service is down')))
})

t.test('a refused subscription is told, and the others continue', async t => {
  const warnings: string[] = []
  const { service, client, seen } = await given(t, { onWarning: ({ code }) => warnings.push(code) })
  const other = recorder()
  client.subscribe(daily, other.handlers)
  await until(() => other.caughtUps() === 1)
  const refusal = { type: 'error', detail: 'd', action: 'a', temporary: false }
  service.send(JSON.stringify({ ...refusal, code: 'too_many_requests' }))
  await until(() => warnings.length === 1)
  t.same(other.refused, [], 'what is about no subscription refuses none')

  service.refuses = ({ channel }) => (channel === 'combo' ? { ...refusal, code: 'forbidden' } : undefined)
  for (let times = 0; times < 5; times++) client.subscribe({ channels: ['combo'] }, seen.handlers)

  await until(() => seen.refused.length === 5)
  t.same(new Set(seen.refused), new Set(['forbidden']))
  service.publish('A')
  await until(() => other.events.length === 1)
  t.equal(client.counters.reconnects, 0)
})

t.test('a connection takes 32 subscriptions, the next opens another', async t => {
  const { service, client, seen } = await given(t)
  const all = Array.from({ length: 33 }, () => client.subscribe(daily, seen.handlers))
  await until(() => seen.caughtUps() === 33)
  t.equal(service.sockets.size, 2)

  service.publish('A')
  await until(() => seen.events.length === 33)
  all[32]?.unsubscribe()
  await until(() => service.sockets.size === 1)
  t.equal(client.state, 'live')
  client.subscribe(daily, seen.handlers)
  await until(() => seen.caughtUps() === 34)
  t.equal(service.sockets.size, 2)
  for (const one of all.slice(0, 2)) one.unsubscribe()
  client.subscribe(daily, seen.handlers)
  await until(() => seen.caughtUps() === 35)
  t.equal(service.sockets.size, 2, 'there was room on the first')
  client.close()
  await until(() => service.sockets.size === 0)
  t.same(seen.refused, [])
})

t.test('what a connection has no room for by its names moves to another, from what was applied', async t => {
  const { service, client, seen } = await given(t)
  const refusal = { type: 'error', code: 'limit_reached', detail: 'd', action: 'a', temporary: false }
  const limit = () => {
    service.refuses = (_, { subscriptions }) => (subscriptions >= 2 ? refusal : undefined)
  }
  const [a, b, c] = [recorder(), recorder(), recorder()]
  const from = { daily: { epoch: 'e1', offset: 0 } }
  client.subscribe(daily, a.handlers)
  client.subscribe(daily, b.handlers)
  const third = client.subscribe({ ...daily, from }, c.handlers)
  await until(() => [a, b, c].every(({ caughtUps }) => caughtUps() === 1))
  service.publish('A')
  await until(() => [a, b, c].every(({ events }) => events.length === 1))

  limit()
  service.cut()
  await until(() => service.sockets.size === 2)
  await until(() => c.caughtUps() === 2)
  service.publish('B')

  await until(() => [a, b, c].every(({ events }) => events.length === 2))
  t.same(c.events, ['A@1', 'B@2'])
  t.same(
    [a, b, c].flatMap(({ refused }) => refused),
    []
  )
  third.unsubscribe()
  service.refuses = () => refusal
  client.subscribe({ channels: ['combo'] }, seen.handlers)
  await until(() => seen.refused.length === 1)
  t.same(seen.refused, ['limit_reached'], 'alone on a connection it is refused for what it asks itself')
})

t.test('the socket is left with the last subscription, and opened again with the next', async t => {
  const { service, client, seen } = await given(t)
  const all = client.subscribe({}, seen.handlers)
  await until(() => seen.caughtUps() === 3)

  all.unsubscribe()
  all.unsubscribe()
  await until(() => service.sockets.size === 0)
  t.equal(client.state, 'idle')

  client.subscribe(daily, seen.handlers)
  await until(() => client.state === 'live')
  client.close()
  await until(() => service.sockets.size === 0)
  t.throws(() => client.subscribe(daily, seen.handlers), { message: 'the client is closed' })
})

t.test('equal subscriptions share a connection, each with its own position', async t => {
  const { service, client, seen } = await given(t)
  service.publish('A', 'B')
  const [fromStart, fromNow, ahead] = [recorder(), recorder(), recorder()]
  const equal = (offset: number) => ({
    ...daily,
    filter: { symbols: ['A', 'B'] },
    from: { daily: { epoch: 'e1', offset } }
  })
  client.subscribe(equal(1), seen.handlers)
  const early = client.subscribe(equal(0), fromStart.handlers)
  client.subscribe({ ...equal(0), from: 'now' }, fromNow.handlers)
  await until(() => [seen, fromStart, fromNow].every(({ caughtUps }) => caughtUps() === 1))
  client.subscribe(equal(3), ahead.handlers)
  service.publish('A', 'B')
  await until(() => fromStart.events.length === 4)
  early.unsubscribe()
  service.publish('A')

  await until(() => seen.events.length === 4)
  t.same(seen.events, ['B@2', 'A@3', 'B@4', 'A@5'])
  t.same(fromStart.events, ['A@1', 'B@2', 'A@3', 'B@4'])
  t.same(fromNow.events, ['A@3', 'B@4', 'A@5'])
  t.same(ahead.events, ['B@4', 'A@5'])
  t.same([...seen.refused, ...fromStart.refused, ...ahead.refused], [])
  t.equal(service.sockets.size, 1)
  service.log.reset()
  service.publish('B')
  await until(() => ahead.gaps.length === 1 && seen.gaps.length === 1)
  t.match(ahead.gaps, [{ reason: 'stream_reset', have: { offset: 5 } }])
  t.same(fromStart.gaps, [])
})

t.test('equal snapshots and names share a connection too, and the client stands as the worst of them', async t => {
  const { service, client, seen } = await given(t)
  service.publish('A', 'B')
  const [second, named] = [recorder(), recorder()]
  const pages: string[] = []
  const onSnapshot =
    (name: string): NonNullable<LiveHandlers['onSnapshot']> =>
    (patterns, { begins }) =>
      pages.push(`${name}${begins ? ' begins' : ''}: ${patterns.map(({ symbol }) => symbol)}`)
  const snapshot = { ...daily, from: 'snapshot' } as const
  const first = client.subscribe(snapshot, { ...seen.handlers, onSnapshot: onSnapshot('first') })
  await until(() => seen.caughtUps() === 1)

  const others = [
    client.subscribe(snapshot, { ...second.handlers, onSnapshot: onSnapshot('second') }),
    client.subscribe({ ...daily, name: 'desk', from: 'acknowledged' }, named.handlers)
  ]
  await until(() => second.caughtUps() === 1 && named.caughtUps() === 1)
  service.publish('C')
  await until(() => [seen, second, named].every(({ events }) => events.length === 1))

  t.same(pages, ['first begins: A,B', 'second begins: A,B'])
  t.same([seen.events, second.events, named.events], [['C@3'], ['C@3'], ['C@3']])
  t.equal(service.sockets.size, 1)
  t.equal(client.counters.delivered, 3)
  await until(() => client.status.state === 'live')
  t.throws(() => client.subscribe({ ...daily, name: 'desk' }, { onEvent: () => undefined }), {
    message: 'the name desk is in use on daily'
  })

  first.unsubscribe()
  service.publish('D')
  await until(() => [second, named].every(({ events }) => events.length === 2))
  t.equal(seen.events.length, 1)
  t.equal(client.status.state, 'live')
  for (const other of others) other.unsubscribe()
  await until(() => service.sockets.size === 0)
  t.equal(client.state, 'idle')
  t.equal(client.status.state, 'offline')
})

t.test('an error of a handler is thrown on, and the next event is still delivered', async t => {
  const { service, client, seen } = await given(t)
  const uncaught = catchUncaught(t)
  const broken = new Error('of the application')
  const unheard = new Error('of a status')
  client.subscribe(daily, {
    ...seen.handlers,
    onStatus: ({ state }) => {
      if (state === 'live') throw unheard
    },
    onEvent: (event, place) => {
      seen.handlers.onEvent(event, place)
      if (place.position.offset === 1) throw broken
    }
  })
  await until(() => seen.caughtUps() === 1)

  service.publish('A', 'B')

  await until(() => seen.events.length === 2)
  t.same(uncaught, [unheard, broken])
})

t.test('a scan and the subscription from its positions have no gap and no overlap', async t => {
  const { service, client, seen } = await given(t)
  service.publish('A', 'B', 'A')
  service.answers = [() => ({ status: 200, body: service.scanAnswer() })]

  const { answer } = await client.scanAndSubscribe({ symbols: ['a,b'], timeframe: 'Daily' }, seen.handlers)
  service.publish('B', 'C', 'A')

  await until(() => seen.events.length === 2)
  t.equal(answer.positions.daily.offset, 3)
  t.same(seen.events, ['B@4', 'A@6'])
  t.equal(service.requests[0]?.url, '/api/patterns/scan?symbols=a%2Cb&timeframe=Daily')
})

t.test('an address that is none is refused at once', async t => {
  t.throws(() => createClient({ url: 'localhost' }), TypeError)
})

t.test('what lives comes first, then what happens to it; after a gap so again, and the status says so', async t => {
  const { service, client, seen } = await given(t)
  service.publish('A', 'B', 'C')
  const pages: string[] = []
  const states: string[] = []
  const subscription = client.subscribe(
    { ...daily, from: 'snapshot' },
    {
      ...seen.handlers,
      onSnapshot: (patterns, { begins, remaining }) =>
        pages.push(`${begins ? 'begins' : 'then'} ${patterns.map(({ symbol }) => symbol)} ${remaining}`),
      onStatus: ({ state }) => states.push(state)
    }
  )
  await until(() => subscription.status.state === 'live')
  service.publish('A')
  await until(() => seen.events.length === 1)

  t.same(pages, ['begins A,B 1', 'then C 0'])
  t.same(seen.events, ['A@4'])
  t.same(states, ['catching_up', 'live'])

  service.log.reset()
  service.publish('A')
  await until(() => pages.length === 3)
  await until(() => subscription.status.state === 'live')
  t.match(seen.gaps, [{ reason: 'stream_reset' }])
  t.equal(pages[2], 'begins A 0')
})

t.test('a gap lasts until the application has made it good', async t => {
  const statuses: string[] = []
  const { service, client, seen } = await given(t, { onStatus: ({ state }) => statuses.push(state) })
  service.publish('A', 'B', 'C')
  service.log.trim(1)
  const subscription = client.subscribe({ ...daily, from: { daily: { epoch: 'e1', offset: 0 } } }, seen.handlers)
  await until(() => seen.events.length === 1)
  await until(() => subscription.status.state === 'gap')
  t.equal(client.status.state, 'gap')

  subscription.rescanned()

  t.equal(subscription.status.state, 'live')
  t.equal(statuses.at(-1), 'live')
  await until(() => client.status.pipeline !== undefined)
  client.close()
  t.equal(client.status.state, 'offline')
})

t.test('a named subscription goes on after what its handlers were done with', async t => {
  const { service, client, seen } = await given(t, { device: 'desk' })
  const gate = Promise.withResolvers<void>()
  const named = { ...daily, name: 'alerts', from: 'acknowledged' } as const
  const first = client.subscribe(named, {
    onEvent: async (event, place) => {
      if (place.position.offset === 3) await gate.promise
      seen.handlers.onEvent(event, place)
    },
    onCaughtUp: place => seen.handlers.onCaughtUp?.(place)
  })
  await until(() => seen.caughtUps() === 1)
  service.publish('A', 'B', 'C')
  await until(() => seen.events.length === 2)
  t.same(first.positions, { daily: { epoch: 'e1', offset: 2 } })
  t.throws(() => client.subscribe(named, seen.handlers), { message: 'the name alerts is in use on daily' })
  first.unsubscribe()
  gate.resolve()
  await until(() => service.sockets.size === 0)

  client.subscribe(named, seen.handlers)
  await until(() => seen.events.includes('C@3'))
  t.match(service.auths.at(-1), { device: 'desk' })
  t.same(service.model.kept.get('alerts')?.epoch, 'e1')
})

const place = (offset: number) => ({ epoch: 'e1', offset })

/** A durable subscription of a program that ended after it was done with the first two events. */
async function givenReturning(t: Test) {
  const all = await given(t)
  all.service.publish('A', 'B')
  const store = memoryStore()
  await store.save('k', { daily: place(2) })
  const request = { ...daily, name: 'desk', from: 'acknowledged', keep: { store, key: 'k' } } as const
  return { ...all, request }
}

t.test('a durable subscription resumes from its own position where the server has lost it', async t => {
  const { service, client, seen, request } = await givenReturning(t)
  service.publish('C')

  client.subscribe(request, seen.handlers)
  await until(() => seen.caughtUps() === 1 && seen.events.length === 1)

  t.same([seen.events, seen.gaps], [['C@3'], []])
  await until(() => service.model.kept.get('desk')?.offset === 3, { what: 'the position to be stored again' })
})

t.test('a durable subscription receives a gap where the log has no more what follows its own position', async t => {
  const { service, client, seen, request } = await givenReturning(t)
  service.publish('C', 'D')
  service.log.trim(1)

  const subscription = client.subscribe(request, seen.handlers)
  await until(() => seen.events.length === 1)

  t.same(seen.gaps, [{ reason: 'position_lost', have: place(2), next: place(3) }])
  await until(() => subscription.status.state === 'gap')
  subscription.rescanned()
  await until(() => subscription.status.state === 'live')
})

t.test('a durable subscription begins after what the server stored if that is further', async t => {
  const { service, client, seen, request } = await givenReturning(t)
  service.publish('C', 'D')
  service.model.kept.set('desk', place(3))

  const subscription = client.subscribe(request, seen.handlers)
  t.same(subscription.positions, { daily: place(2) }, 'its own, until the server answers')
  await until(() => seen.events.length === 1)

  t.same([seen.events, seen.gaps], [['D@4'], []])
})

t.test('a first visit begins now, without a gap, and a later one of the same client where it was', async t => {
  const { service, client, seen } = await given(t)
  const named = { ...daily, name: 'desk', from: 'acknowledged' } as const
  service.publish('A')
  const first = client.subscribe(named, seen.handlers)
  await until(() => seen.caughtUps() === 1)
  service.publish('B')
  await until(() => seen.events.length === 1)
  first.unsubscribe()
  await until(() => service.sockets.size === 0)
  service.model.kept.clear()
  service.publish('C')

  client.subscribe(named, seen.handlers)
  await until(() => seen.events.length === 2)

  t.same([seen.events, seen.gaps], [['B@2', 'C@3'], []])
})

t.test('a durable subscription receives a gap from a server that does not heed what it knows', async t => {
  const { service, client, seen, request } = await givenReturning(t)
  service.model.heedsKnown = false
  const first = client.subscribe(request, seen.handlers)
  await until(() => seen.caughtUps() === 1)
  t.same(seen.gaps, [], 'nothing was appended meanwhile')
  first.unsubscribe()
  await until(() => service.sockets.size === 0)
  service.model.kept.clear()
  service.publish('C')

  client.subscribe(request, seen.handlers)
  await until(() => seen.gaps.length === 1)

  t.same(seen.gaps, [{ reason: 'position_lost', have: place(2), next: place(3) }])
})

t.test('positions that are kept are those that were applied, and where it begins the next time', async t => {
  const { service, client, seen } = await given(t)
  const saved: (Positions | undefined)[] = []
  const store: PositionStore = {
    load: async () => saved.at(-1),
    save: async (_key, positions) => saved.push(positions)
  }
  const request = { ...daily, keep: { store, key: 'k' } }
  const first = client.subscribe(request, seen.handlers)
  await until(() => seen.caughtUps() === 1)
  service.publish('A', 'B')
  await until(() => seen.events.length === 2)
  await until(() => saved.at(-1)?.daily?.offset === 2)
  service.publish('C')
  await until(() => seen.events.length === 3)
  first.unsubscribe()
  await until(() => saved.at(-1)?.daily?.offset === 3)
  service.publish('D')

  const again = recorder()
  client.subscribe(request, again.handlers)
  await until(() => again.events.length === 1)
  t.same(again.events, ['D@4'])
})

t.test('a kept subscription ends before what its handler could not do, and begins there again', async t => {
  const { service, client, seen } = await given(t)
  const uncaught = catchUncaught(t)
  const kept = new Map<string, Positions>()
  const store: PositionStore = { load: key => kept.get(key), save: (key, positions) => kept.set(key, positions) }
  const request = { ...daily, keep: { store, key: 'k' } }
  const broken = new Error('of the application')
  client.subscribe(request, {
    ...seen.handlers,
    onEvent: async (event, place) => {
      if (place.position.offset === 2) throw broken
      seen.handlers.onEvent(event, place)
    }
  })
  await until(() => seen.caughtUps() === 1)
  service.publish('A', 'B', 'C')
  await until(() => uncaught.length === 1)
  await until(() => client.state === 'idle')
  t.same(uncaught, [broken])
  t.same(seen.events, ['A@1'])
  t.same(kept.get('k'), { daily: { epoch: 'e1', offset: 1 } })

  client.subscribe(request, seen.handlers)
  await until(() => seen.events.length === 3)
  t.same(seen.events, ['A@1', 'B@2', 'C@3'])
})

t.test('a kept subscription that has ended says why, and that nothing comes', async t => {
  const { service, client, seen } = await given(t)
  const ends: unknown[] = []
  const states: string[] = []
  const broken = new Error('of the application')
  const subscription = client.subscribe(
    { ...daily, name: 'n' },
    {
      ...seen.handlers,
      onEvent: () => Promise.reject(broken),
      onStatus: ({ state }) => void states.push(state),
      onEnd: error => ends.push(error)
    }
  )
  await until(() => subscription.status.state === 'live')
  service.publish('A')

  await until(() => ends.length === 1)
  t.same(ends, [broken])
  t.same(subscription.status, { state: 'ended', behind: 0, reason: 'Error: of the application' })
  t.equal(states.at(-1), 'ended')
  t.equal(client.status.state, 'offline')
})

t.test('a subscription that is refused, or whose watchlist is deleted, has ended at once, with the reason', async t => {
  const { service, client, seen } = await given(t)
  const statuses: LiveStatus[] = []
  const states: string[] = []
  const refusal = { type: 'error', detail: 'No such watchlist', action: 'Choose another', temporary: false }
  const handlers: LiveHandlers = {
    ...seen.handlers,
    onStatus: status => void statuses.push(status),
    onRefused: () => states.push(subscription.status.state)
  }
  const subscription = client.subscribe({ ...daily, name: 'n' }, handlers)
  await until(() => subscription.status.state === 'live')
  service.send(JSON.stringify({ ...refusal, code: 'watchlist_not_found', id: '1.daily' }))
  await until(() => statuses.at(-1)?.state === 'ended')

  const ended = { state: 'ended', behind: 0, reason: 'No such watchlist. Choose another' }
  t.same(statuses.at(-1), ended)
  t.same(states, ['ended'], 'before its handler is called')
  t.match(client.status, ended, 'there is no other')

  service.refuses = ({ channel }) => (channel === 'combo' ? { ...refusal, code: 'forbidden' } : undefined)
  const other = client.subscribe({ ...daily, name: 'n' }, seen.handlers)
  const refused = client.subscribe({ channels: ['combo'] }, seen.handlers)
  await until(() => refused.status.state === 'ended')
  await until(() => other.status.state === 'live')
  t.equal(client.status.state, 'live', 'what has ended takes no part')
  refused.unsubscribe()
  t.match(refused.status, { state: 'ended', reason: 'by the application' })
})

t.test('a store that fails is told as an error of the program', async t => {
  const { service, client, seen } = await given(t)
  const uncaught = catchUncaught(t)
  const load = async () => {
    throw new Error('no store')
  }
  const save = () => {
    throw new Error('full')
  }
  client.subscribe({ ...daily, keep: { store: { load, save }, key: 'k' } }, seen.handlers)
  await until(() => uncaught.length === 1)
  t.equal(client.state, 'idle', 'it does not begin where it would leave something out')

  const other = client.subscribe(
    { ...daily, keep: { store: { load: () => undefined, save }, key: 'k' } },
    seen.handlers
  )
  await until(() => seen.caughtUps() === 1)
  service.publish('A')
  await until(() => uncaught.length === 2)
  other.unsubscribe()
  t.same(uncaught.map(String), ['Error: no store', 'Error: full'])
})

t.test('a slow application is sent no more than it can hold', async t => {
  const { service, client } = await given(t)
  const gate = Promise.withResolvers<void>()
  let taken = 0
  const subscription = client.subscribe(
    { ...daily, from: { daily: { epoch: 'e1', offset: 0 } } },
    {
      onEvent: () => {
        taken += 1
        return taken === 1 ? gate.promise : undefined
      }
    }
  )
  await until(() => client.state === 'live')
  service.publish(...Array.from({ length: 5000 }, () => 'A'))
  await until(() => subscription.status.state === 'delayed')
  await until(() => subscription.status.behind === 5000)
  t.equal(taken, 1)
  t.equal(client.counters.delivered, 2000)

  gate.resolve()
  await until(() => taken === 5000)
  await until(() => subscription.status.state === 'live')
  t.equal(client.counters.duplicates, 0)
})

t.test('a socket outlives its token', async t => {
  let tokens = 0
  const token = () => {
    tokens += 1
    if (tokens === 2) throw new Error('the identity service is down')
    return `token ${tokens}`
  }
  const refused: string[] = []
  const onWarning: ClientOptions['onWarning'] = ({ detail }) => refused.push(detail)
  const { service, client, seen } = await given(t, { user: undefined, token, onWarning })
  service.model.clock = () => Date.now()
  service.model.tokenMs = 1200
  client.subscribe(daily, seen.handlers)

  await until(() => service.model.refreshes === 1)
  t.match(refused, [/no new token: Error: the identity service is down/])
  t.equal(client.counters.reconnects, 0)
})
