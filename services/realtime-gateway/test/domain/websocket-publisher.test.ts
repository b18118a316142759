import { type Position, perChannel } from '@tickstock/contracts'
import fc from 'fast-check'
import t from 'tap'
import { ChannelLog } from '../../src/domain/channel-log.ts'
import type { CursorLedger } from '../../src/domain/delivery-ledger.ts'
import { canonical, matcherOf, type SelectedFilter } from '../../src/domain/matcher.ts'
import type { Observer } from '../../src/domain/observer.ts'
import { Subscriber } from '../../src/domain/subscription.ts'
import { WebSocketPublisher } from '../../src/domain/websocket-publisher.ts'
import { feedOf, type Say, unhurried } from './fixtures.ts'
import { audit, SimulatedClient } from './simulated-client.ts'
import { SimulatedLog } from './simulated-log.ts'

const silent: Observer = {
  wrote: () => undefined,
  historyFailed: () => undefined,
  failed: () => undefined,
  closed: () => undefined
}
const turn = () => new Promise(resolve => setImmediate(resolve))

/** What a client was handed, by the account of its ledger. */
class Account implements CursorLedger {
  events = 0
  last = 0
  gaps = 0
  isReturned = false

  sent(events: number, last: number): void {
    this.events += events
    this.last = last
  }

  considered(): void {}

  gapSignalled(): void {
    this.gaps++
  }

  acknowledged(): void {
    throw new Error('nobody acknowledges here')
  }

  returned(): void {
    this.isReturned = true
  }
}

interface Subscribed {
  readonly client: SimulatedClient
  readonly account: Account
  readonly replay: boolean
  /** Credits that it was given; undefined where it counts none. */
  granted: number | undefined
  readonly subscriber: Subscriber
  readonly filters: Map<string, SelectedFilter>
  readonly from: Position
  readonly feed: string
}

/** A gateway of one channel whose every step is taken by the test. */
class World {
  readonly log: SimulatedLog
  readonly channel: ChannelLog
  readonly publisher: WebSocketPublisher
  readonly clients: Subscribed[] = []
  readonly past: Position[] = []

  readonly maxReplay: number

  constructor(ring: number, page: number, { maxReplay = 1e9, replayBytes = 1e6 } = {}) {
    this.maxReplay = maxReplay
    this.log = new SimulatedLog(page)
    const bounds = { entries: ring, bytes: 1e9 }
    const logs = perChannel(channel => new ChannelLog(channel, this.log.head, bounds))
    this.channel = logs.daily
    this.publisher = new WebSocketPublisher({
      logs,
      history: this.log,
      observer: silent,
      ...unhurried,
      maxReplay,
      replayBytes
    })
  }

  /** What the group reader does: entries in order, or the gap that it found. */
  readOn(count: number): void {
    const { epoch, offset } = this.channel.position
    if (epoch !== this.log.epoch) {
      this.publisher.restart('daily', { epoch: this.log.epoch, offset: this.log.floor })
      return
    }
    const entries = this.log.after(offset).slice(0, count)
    const [first] = entries
    if (first !== undefined && first.offset > offset + 1)
      this.publisher.restart('daily', { epoch, offset: first.offset - 1 })
    else if (entries.length > 0) this.publisher.append('daily', entries)
    else if (this.log.head.offset > offset) this.publisher.restart('daily', this.log.head)
    else this.publisher.heard('daily')
  }

  subscribe(filter: SelectedFilter, position: Position | 'now', slow = false, credits?: number): void {
    const client = new SimulatedClient()
    client.slow = slow
    const feed = feedOf(this.channel, filter)
    const subscriber = new Subscriber(client)
    const account = new Account()
    const replay = position !== 'now'
    const from = replay ? position : this.channel.position
    this.publisher.subscribe({ subscriber, id: 's', log: this.channel, feed, from, replay, credits, ledger: account })
    const filters = new Map([[feed.id, filter]])
    this.clients.push({ client, account, replay, granted: credits, subscriber, filters, from, feed: feed.id })
  }

  pull(at: number, credits: number): void {
    const one = this.clients[at % this.clients.length]
    if (one === undefined) return
    const { granted, subscriber } = one
    const subscription = subscriber.subscriptions.get('s')
    if (subscription === undefined || granted === undefined) return
    this.publisher.grant(subscription, credits)
    one.granted = granted + credits
  }

  flush(): void {
    while (this.publisher.flush());
    while (this.publisher.replay());
    for (const { client, account, granted = Number.POSITIVE_INFINITY } of this.clients) {
      const events = client.messages.filter(({ type }) => type === 'event')
      const gaps = client.messages.filter(({ type }) => type === 'gap')
      if (events.length > granted) throw new Error(`${events.length} events for ${granted} credits`)
      if (account.events !== events.length || account.gaps !== gaps.length) throw new Error('the ledger is wrong')
      const last = events.at(-1)
      if (last?.type === 'event' && last.offset !== account.last) throw new Error('the ledger ends elsewhere')
    }
  }

  /** What a client follows was edited. */
  retarget(at: number, filter: SelectedFilter): void {
    const { subscriber, filters } = this.clients[at % this.clients.length] ?? {}
    const subscription = subscriber?.subscriptions.get('s')
    if (!subscriber || !subscription) return
    const feed = feedOf(this.channel, filter)
    filters?.set(feed.id, filter)
    this.publisher.retarget(subscription, feed)
  }

  /** All obstacles gone: reads, flushes and takes until nothing moves any more. */
  async settle(): Promise<void> {
    this.log.answers = true
    let before = ''
    for (let still = 0; still < 4; ) {
      this.readOn(1000)
      this.flush()
      for (const { client } of this.clients) client.takeAll()
      for (const at of this.clients.keys()) if (this.clients[at]?.granted !== undefined) this.pull(at, 7)
      await turn()
      const after = JSON.stringify([this.channel.position, ...this.clients.map(progressOf)])
      still = after === before ? still + 1 : 0
      before = after
    }
  }
}

const progressOf = ({ client, subscriber }: Subscribed) => [
  client.messages.length,
  subscriber.subscriptions.get('s')?.cursor
]

const symbols = ['AAPL', 'MSFT', 'NVDA', 'BRK.B']
const say: fc.Arbitrary<Say> = fc.record({
  symbol: fc.constantFrom(...symbols),
  confidence: fc.constantFrom(0.2, 0.6, 0.9),
  expired: fc.boolean(),
  padding: fc.constantFrom(0, 0, 0, 3000, 9000)
})
const filter: fc.Arbitrary<SelectedFilter> = fc.oneof(
  fc.constant({}),
  fc.record({ symbols: fc.uniqueArray(fc.constantFrom(...symbols), { minLength: 1 }) }),
  fc.record({ confidence_min: fc.constantFrom(0.5, 0.7) }),
  fc.record({ symbols: fc.constant<string[]>(['NVDA']), confidence_min: fc.constant(0.7) })
)

type Step =
  | { do: 'append'; says: Say[] }
  | { do: 'read'; count: number }
  | { do: 'retarget'; filter: SelectedFilter; at: number }
  | {
      do: 'subscribe'
      filter: SelectedFilter
      from: number
      slow: boolean
      ahead: number
      live: boolean
      credits: number | undefined
    }
  | { do: 'pull'; at: number; credits: number }
  | { do: 'stall'; at: number }
  | { do: 'flush' | 'take' | 'turn' | 'lose' | 'fail' | 'heal' | 'beat' | 'leave' }
  | { do: 'trim' | 'tail'; count: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('append' as const), says: fc.array(say, { minLength: 1, maxLength: 8 }) })
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('read' as const), count: fc.integer({ min: 1, max: 12 }) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('subscribe' as const),
      filter,
      from: fc.nat(200),
      slow: fc.boolean(),
      ahead: fc.constantFrom(0, 0, 0, 0, 5),
      live: fc.boolean(),
      credits: fc.constantFrom(undefined, undefined, 0, 1, 3, 20)
    })
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('pull' as const),
      at: fc.nat(20),
      credits: fc.integer({ min: 1, max: 5 })
    })
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('stall' as const), at: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('retarget' as const), filter, at: fc.nat(20) }) },
  {
    weight: 10,
    arbitrary: fc.record({ do: fc.constantFrom('flush' as const, 'take' as const, 'turn' as const, 'beat' as const) })
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('trim' as const), count: fc.nat(10) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('tail' as const), count: fc.nat(4) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom('lose' as const, 'fail' as const, 'heal' as const, 'leave' as const) })
  }
)

/** What a heartbeat would say now. */
function beat({ client, subscriber }: Subscribed): void {
  const feeds = Object.fromEntries([...subscriber.subscriptions.values()].map(({ feed, state }) => [feed.id, state]))
  const pipeline = { read_age_ms: 0, event_age_ms: null }
  client.send(JSON.stringify({ type: 'heartbeat', time: 0, feeds, pipeline }))
}

t.test('a feed is kept while one socket is left with it', async t => {
  const world = new World(10, 10)
  world.subscribe({ symbols: ['NVDA'] }, world.log.head)
  world.subscribe({ symbols: ['NVDA'] }, world.log.head)
  t.equal(world.channel.feeds, 1)
  leaveOne(world)
  t.equal(world.channel.feeds, 1)
  leaveOne(world)
  t.equal(world.channel.feeds, 0)
})

t.test('a replay that was under way is told to have caught up as the feed that it has become', async t => {
  const world = new World(10, 10)
  for (const symbol of ['AAPL', 'MSFT', 'NVDA']) world.log.append({ symbol })
  world.subscribe({ symbols: ['AAPL'] }, { epoch: world.log.epoch, offset: 0 })
  world.retarget(0, { symbols: ['MSFT'] })
  await world.settle()

  const { messages } = world.clients[0]?.client ?? { messages: [] }
  const [retargeted, event, caughtUp] = messages
  t.match(retargeted, { type: 'retargeted', position: { offset: 0 } })
  const feed = retargeted?.type === 'retargeted' ? retargeted.feed : ''
  t.match(event, { type: 'event', feed, offset: 2 })
  t.match(caughtUp, { type: 'caught_up', feed, position: { offset: 3 } })
  t.equal(messages.length, 3)
})

function leaveOne({ clients, publisher }: World): void {
  const left = clients.shift()
  if (left !== undefined) publisher.leave(left.subscriber)
}

/** A client begins to stall, or takes what it was given and goes on reading. */
function stall(client: SimulatedClient | undefined): void {
  if (client === undefined) return
  client.slow = !client.slow
  if (!client.slow) client.takeAll()
}

async function take(world: World, step: Step): Promise<void> {
  const { log, clients, past } = world
  if (step.do === 'append') for (const one of step.says) log.append(one)
  if (step.do === 'append') past.push(log.head)
  if (step.do === 'read') world.readOn(step.count)
  if (step.do === 'subscribe') {
    const known = past[step.from % Math.max(1, past.length)] ?? log.head
    const offset = (step.from % (known.offset + 1)) + step.ahead
    world.subscribe(step.filter, step.live ? 'now' : { epoch: known.epoch, offset }, step.slow, step.credits)
  }
  if (step.do === 'pull') world.pull(step.at, step.credits)
  if (step.do === 'stall') stall(clients[step.at % clients.length]?.client)
  if (step.do === 'retarget') world.retarget(step.at, step.filter)
  if (step.do === 'flush') world.flush()
  if (step.do === 'beat') for (const one of clients) beat(one)
  if (step.do === 'leave') leaveOne(world)
  if (step.do === 'take') for (const { client } of clients) client.takeAll()
  if (step.do === 'turn') await turn()
  if (step.do === 'trim') log.trim(step.count)
  if (step.do === 'tail') log.loseTail(step.count)
  if (step.do === 'lose') log.flush()
  if (step.do === 'fail') log.answers = false
  if (step.do === 'heal') log.answers = true
}

t.test(
  'every client gets exactly what matches after its position, in order, or a gap that names what it does not get, whatever is edited',
  async t => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 5, maxLength: 120, size: 'max' }),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 7 }),
        fc.constantFrom(1e9, 1e9, 5, 30),
        fc.constantFrom(0, 2000, 1e6),
        async (steps, ring, page, maxReplay, replayBytes) => {
          const world = new World(ring, page, { maxReplay, replayBytes })
          for (const one of steps) await take(world, one)

          await world.settle()

          const { head } = world.log
          for (const { client, feed, filters, from, replay } of world.clients) {
            const { position: end, ...at } = audit(
              client.messages,
              feed,
              filters,
              from,
              replay,
              world.log.everything,
              position => world.log.wasCut(position),
              maxReplay
            )
            const matcher = matcherOf(canonical(filters.get(at.feed) ?? {}))
            const missed = world.log.everything
              .get(head.epoch)
              ?.find(e => e.offset > end.offset && matcher.effectOf(e) !== undefined)
            if (end.epoch !== head.epoch) throw new Error(`ended in ${end.epoch}, the log is ${head.epoch}`)
            if (missed !== undefined) throw new Error(`the tail from ${missed.offset} was never given`)
          }
        }
      ),
      { numRuns: Number(process.env.RUNS ?? 400) }
    )
    t.pass('no loss hides')
  }
)

/** A crowd of sockets that have shown that they take large writes, and stall in one. @returns the size of each one's write */
function stallInLargeWrites(feeds: number, sockets: number, subscriptions: number): number[] {
  const world = new World(10_000, 500)
  const crowd = Array.from({ length: sockets }, (_, at) => {
    const client = new SimulatedClient()
    const subscriber = new Subscriber(client)
    for (let one = 0; one < subscriptions; one++) {
      const feed = feedOf(world.channel, { confidence_min: (((at * subscriptions + one) % feeds) + 1) / 10_000 })
      const from = world.channel.position
      world.publisher.subscribe({ subscriber, id: `${one}`, log: world.channel, feed, from, replay: false })
    }
    return client
  })
  for (const isSlow of [false, true]) {
    for (let count = 0; count < 400; count++) world.log.append({})
    world.readOn(400)
    for (const client of crowd) {
      client.slow = isSlow
      client.largestWrite = 0
    }
    while (world.publisher.flush());
    while (world.publisher.replay());
  }
  return crowd.map(({ largestWrite }) => largestWrite)
}

t.test('a socket that stalls in a large write holds less than 16 KB that it does not share with many', async t => {
  const bound = 16 * 1024 + 100
  const alone = stallInLargeWrites(100, 100, 1)
  t.ok(Math.min(...alone) > 8 * 1024, `${Math.min(...alone)}: a write that is larger than a small one`)
  t.ok(Math.max(...alone) < bound, `${Math.max(...alone)} bytes`)
  const several = stallInLargeWrites(40, 10, 4)
  t.ok(Math.max(...several) < bound, `${Math.max(...several)} bytes of several feeds`)
  const shared = stallInLargeWrites(1, 100, 1)
  t.ok(Math.min(...shared) > bound, `${Math.min(...shared)} bytes, which a hundred share`)
})

t.test('who runs out of credits is told so again after it has caught up', async t => {
  const world = new World(100, 10)
  world.subscribe({}, 'now', false, 1)
  const types = () => world.clients[0]?.client.messages.map(({ type }) => type)
  const append = (count: number) => {
    for (let at = 0; at < count; at++) world.log.append({})
    world.readOn(count)
    world.flush()
  }
  append(3)
  append(1)
  t.same(types(), ['event', 'slow'])
  world.pull(0, 4)
  world.flush()
  append(3)
  t.same(types()?.slice(2), ['event', 'event', 'event', 'caught_up', 'event', 'slow'])
})

t.test('who is ahead of the ring waits for it, and asks the log once', async t => {
  const world = new World(100, 10)
  for (let at = 0; at < 5; at++) world.log.append({})
  let asked = 0
  const { standing } = world.log
  world.log.standing = () => {
    asked++
    return standing.call(world.log)
  }
  world.subscribe({}, world.log.head)
  for (let turns = 0; turns < 20; turns++) {
    world.flush()
    await turn()
  }
  t.equal(asked, 1)
})

t.test('a gap names what the ring does not have either', async t => {
  const world = new World(20, 10)
  for (let at = 0; at < 100; at++) world.log.append({})
  world.readOn(100)
  world.log.trim(95)
  world.subscribe({}, { epoch: world.log.epoch, offset: 50 })
  await world.settle()
  const [gap, event] = world.clients[0]?.client.messages ?? []
  t.match(gap, { type: 'gap', reason: 'expired', have: { offset: 50 }, next: { offset: 80 } })
  t.match(event, { type: 'event', offset: 81 })
})

t.test('a socket that stalls keeps no page of the log, also one that was being read for it', async t => {
  const world = new World(5, 50)
  for (let at = 0; at < 200; at++) world.log.append({ padding: 1000 })
  world.readOn(200)
  world.subscribe({}, { epoch: world.log.epoch, offset: 0 })
  const [one] = world.clients
  const page = () => one?.subscriber.subscriptions.get('s')?.page
  for (let turns = 0; turns < 10 && page() === undefined; turns++) {
    await turn()
    world.publisher.flush()
  }
  t.ok(page(), 'it has one while it reads on')
  stall(one?.client)
  for (let turns = 0; turns < 10; turns++) {
    world.flush()
    await turn()
  }
  t.ok(one?.subscriber.blocked)
  t.equal(page(), undefined)
})
