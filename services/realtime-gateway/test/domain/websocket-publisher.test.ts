import { type Position, perChannel } from '@tickstock/contracts'
import fc from 'fast-check'
import t from 'tap'
import { ChannelLog } from '../../src/domain/channel-log.ts'
import { canonical, matcherOf, type SelectedFilter } from '../../src/domain/matcher.ts'
import type { Observer } from '../../src/domain/observer.ts'
import { Subscriber } from '../../src/domain/subscriber.ts'
import { WebSocketPublisher } from '../../src/domain/websocket-publisher.ts'
import { type Say, unhurried } from './fixtures.ts'
import { audit, SimulatedClient } from './simulated-client.ts'
import { SimulatedLog } from './simulated-log.ts'

const silent: Observer = {
  wrote: () => undefined,
  historyFailed: () => undefined,
  failed: () => undefined,
  closed: () => undefined
}
const turn = () => new Promise(resolve => setImmediate(resolve))

interface Subscribed {
  readonly client: SimulatedClient
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

  constructor(ring: number, page: number) {
    this.log = new SimulatedLog(page)
    const bounds = { entries: ring, bytes: 1e9 }
    const logs = perChannel(channel => new ChannelLog(channel, this.log.head, bounds))
    this.channel = logs.daily
    this.publisher = new WebSocketPublisher({ logs, history: this.log, observer: silent, ...unhurried })
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

  subscribe(filter: SelectedFilter, from: Position, slow: boolean): void {
    const client = new SimulatedClient()
    client.slow = slow
    const feed = this.channel.feed(filter)
    const subscriber = new Subscriber(client)
    this.publisher.subscribe(subscriber, { id: 's', log: this.channel, feed, from, replay: true })
    this.clients.push({ client, subscriber, filters: new Map([[feed.id, filter]]), from, feed: feed.id })
  }

  flush(): void {
    while (this.publisher.flush());
    while (this.publisher.replay());
  }

  /** What a client follows was edited. */
  retarget(at: number, filter: SelectedFilter): void {
    const { subscriber, filters } = this.clients[at % this.clients.length] ?? {}
    const subscription = subscriber?.subscriptions.get('s')
    if (!subscriber || !subscription) return
    const feed = this.channel.feed(filter)
    filters?.set(feed.id, filter)
    this.publisher.retarget(subscriber, subscription, feed)
  }

  /** All obstacles gone: reads, flushes and takes until nothing moves any more. */
  async settle(): Promise<void> {
    this.log.answers = true
    let before = ''
    for (let still = 0; still < 4; ) {
      this.readOn(1000)
      this.flush()
      for (const { client } of this.clients) client.takeAll()
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
  expired: fc.boolean()
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
  | { do: 'subscribe'; filter: SelectedFilter; from: number; slow: boolean; ahead: number }
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
      ahead: fc.constantFrom(0, 0, 0, 0, 5)
    })
  },
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
  const feeds = Object.fromEntries(
    [...subscriber.subscriptions.values()].map(({ feed, state, log }) => [feed.id, { ...state, top: log.ring.top }])
  )
  const pipeline = { read_age_ms: 0, event_age_ms: null }
  client.send(JSON.stringify({ type: 'heartbeat', time: 0, feeds, pipeline }))
}

t.test('a feed is kept while one socket is left with it', async t => {
  const world = new World(10, 10)
  world.subscribe({ symbols: ['NVDA'] }, world.log.head, false)
  world.subscribe({ symbols: ['NVDA'] }, world.log.head, false)
  t.equal(world.channel.feeds, 1)
  leaveOne(world)
  t.equal(world.channel.feeds, 1)
  leaveOne(world)
  t.equal(world.channel.feeds, 0)
})

t.test('a replay that was under way is told to have caught up as the feed that it has become', async t => {
  const world = new World(10, 10)
  for (const symbol of ['AAPL', 'MSFT', 'NVDA']) world.log.append({ symbol })
  world.subscribe({ symbols: ['AAPL'] }, { epoch: world.log.epoch, offset: 0 }, false)
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

async function take(world: World, step: Step): Promise<void> {
  const { log, clients, past } = world
  if (step.do === 'append') for (const one of step.says) log.append(one)
  if (step.do === 'append') past.push(log.head)
  if (step.do === 'read') world.readOn(step.count)
  if (step.do === 'subscribe') {
    const known = past[step.from % Math.max(1, past.length)] ?? log.head
    const offset = (step.from % (known.offset + 1)) + step.ahead
    world.subscribe(step.filter, { epoch: known.epoch, offset }, step.slow)
  }
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
        async (steps, ring, page) => {
          const world = new World(ring, page)
          for (const one of steps) await take(world, one)

          await world.settle()

          const { head } = world.log
          for (const { client, feed, filters, from } of world.clients) {
            const { position: end, ...at } = audit(
              client.messages,
              feed,
              filters,
              from,
              world.log.everything,
              position => world.log.wasCut(position)
            )
            const matches = matcherOf(canonical(filters.get(at.feed) ?? {}))
            const missed = world.log.everything.get(head.epoch)?.find(e => e.offset > end.offset && matches(e.event))
            if (end.epoch !== head.epoch) throw new Error(`ended in ${end.epoch}, the log is ${head.epoch}`)
            if (missed !== undefined) throw new Error(`the tail from ${missed.offset} was never given`)
          }
        }
      ),
      { numRuns: 400 }
    )
    t.pass('no loss hides')
  }
)
