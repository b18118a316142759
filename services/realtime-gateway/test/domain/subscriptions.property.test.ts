import type { EventFilter, Position, ServerMessage, Subscribe } from '@tickstock/contracts'
import fc from 'fast-check'
import t from 'tap'
import { feedKey } from '../../src/domain/feed.ts'
import { heartbeatOf } from '../../src/domain/heartbeat.ts'
import { canonical, type SelectedFilter } from '../../src/domain/matcher.ts'
import { audit } from './simulated-client.ts'
import { subscribingSetting, turn } from './subscribing-setting.ts'

const SYMBOLS = ['AAPL', 'MSFT', 'IBM'] as const
const LISTS = ['v', 'w'] as const
const CONNECTIONS = 2
const IDS = ['a', 'b', 'c'] as const

/** Filters that edits of the two watchlists make equal and different. */
const FILTERS: readonly EventFilter[] = [
  {},
  { symbols: ['AAPL', 'MSFT'] },
  { watchlist: 'v' },
  { watchlist: 'w' },
  { watchlist: 'w', symbols: ['AAPL', 'MSFT'] },
  { watchlist: 'w', symbols: ['MSFT', 'IBM'] }
]

/** All that the filters can come to, and the feeds that mean it: the second equal subscription of a connection has the next. */
const POSSIBLE: readonly (SelectedFilter | undefined)[] = [
  {},
  ...Array.from({ length: 2 ** SYMBOLS.length }, (_, bits) => ({
    symbols: SYMBOLS.filter((_, at) => (bits >> at) % 2 === 1)
  }))
]
const FILTER_OF = new Map(
  POSSIBLE.flatMap(filter =>
    IDS.map((_, ordinal) => [feedKey('daily', canonical(filter ?? {}), ordinal).id, filter ?? {}] as const)
  )
)

/** A subscription of a connection, as its client knows it. */
interface Open {
  readonly id: string
  readonly filter: EventFilter
  /** Events that it allowed; undefined where it counts none. */
  granted: number | undefined
  /** Messages of the connection before it asked. */
  readonly asked: number
  ended: number | undefined
}

class World {
  readonly setting = subscribingSetting()
  readonly connections = Array.from({ length: CONNECTIONS }, () => this.#connect())
  checked = 0

  constructor() {
    for (const list of LISTS) this.setting.universe.watchlists.set(list, [...SYMBOLS])
  }

  #connect() {
    const { asker, client } = this.setting.socket('alice')
    return { asker, client, all: [] as Open[] }
  }

  append(symbols: readonly string[]): void {
    for (const symbol of symbols) this.setting.log.append({ symbol })
  }

  /** What the reader of the log does: the next entries, or what retention has cut. */
  readOn(count: number): void {
    const { log, logs, publisher } = this.setting
    const { epoch, offset } = logs.daily.position
    const entries = log.after(offset).slice(0, count)
    const [first] = entries
    if (first !== undefined && first.offset > offset + 1)
      publisher.restart('daily', { epoch, offset: first.offset - 1 })
    else if (entries.length > 0) publisher.append('daily', entries)
    else if (log.head.offset > offset) publisher.restart('daily', log.head)
    else publisher.heard('daily')
  }

  flush(): void {
    while (this.setting.publisher.flush());
    while (this.setting.publisher.replay());
  }

  subscribe(at: number, id: string, filter: EventFilter, from: Subscribe['from'], credits: number | undefined): void {
    const { asker, client, all } = this.connections[at] ?? this.#connect()
    if (all.some(one => one.id === id && one.ended === undefined)) return
    const open: Open = { id, filter, granted: credits, asked: client.messages.length, ended: undefined }
    all.push(open)
    const message: Subscribe = { type: 'subscribe', id, channel: 'daily', from, filter, name: `${at}${id}` }
    void this.setting.subscribing.begin(asker, { ...message, ...(credits !== undefined && { credits }) })
  }

  unsubscribe(at: number, id: string): void {
    const { asker, client, all } = this.connections[at] ?? this.#connect()
    const open = all.find(one => one.id === id && one.ended === undefined)
    if (open === undefined) return
    if (!this.setting.subscribing.end(asker.subscriber, id)) throw new Error('there was a subscription')
    open.ended = client.messages.length
  }

  pull(at: number, id: string | undefined, credits: number): void {
    const { asker, all } = this.connections[at] ?? this.#connect()
    const counting = all.filter(
      one => one.ended === undefined && one.granted !== undefined && (id === undefined || id === one.id)
    )
    const took = this.setting.subscribing.pull(asker.subscriber, id, credits)
    if (took !== counting.length > 0) throw new Error('a pull was taken that allows nothing, or refused')
    for (const one of counting) one.granted = (one.granted ?? 0) + credits
  }

  async acknowledge(at: number, id: string): Promise<void> {
    const { subscribing } = this.setting
    const { asker } = this.connections[at] ?? this.#connect()
    const cursor = asker.subscriber.subscriptions.get(id)?.cursor
    if (cursor !== undefined) await subscribing.acknowledge(asker, { type: 'ack', positions: { [id]: cursor } })
  }

  edit(list: string, symbols: readonly string[]): void {
    this.setting.universe.watchlists.set(list, symbols)
    this.setting.following.take({ user: 'alice', id: list })
  }

  beat(): void {
    const clock = { now: () => 0, time: () => 0 }
    for (const { asker } of this.connections)
      asker.reply(heartbeatOf(asker.subscriber, this.setting.subscribing, clock))
  }

  disconnect(at: number): void {
    const { asker, client, all } = this.connections[at] ?? this.#connect()
    this.setting.subscribing.leave(asker.subscriber)
    for (const one of all) one.ended ??= client.messages.length
    this.check(at)
    this.connections[at] = this.#connect()
  }

  async settle(): Promise<void> {
    for (const at of this.connections.keys())
      for (const one of this.connections[at]?.all ?? [])
        if (one.ended === undefined && one.granted !== undefined) this.pull(at, one.id, 1_000)
    for (let turns = 0; turns < 30; turns++) {
      this.readOn(100)
      this.flush()
      await turn()
    }
    this.beat()
  }

  /** Reads what the connection was sent, each subscription by itself, against the log. */
  check(at: number): void {
    const { log, universe } = this.setting
    const { client, all } = this.connections[at] ?? this.#connect()
    checkFeedsAreDistinct(client.messages, all)
    for (const { id, filter, granted = Number.POSITIVE_INFINITY, asked, ended } of all) {
      const messages = client.messages.slice(asked, ended)
      const begins = messages.findIndex(message => message.type === 'subscribed' && message.id === id)
      const subscribed = messages[begins]
      if (subscribed?.type !== 'subscribed') {
        if (ended === undefined) throw new Error(`${id} was never answered`)
        continue
      }
      const { feed, position, mode } = subscribed
      const received = messages.slice(begins + 1)
      const whole = ended === undefined
      const end = audit(
        received,
        feed,
        FILTER_OF,
        position,
        mode !== 'live',
        log.everything,
        of => log.wasCut(of),
        1e9,
        whole
      )
      this.checked += 1
      if (end.events > granted) throw new Error(`${id} was sent ${end.events} events for ${granted} credits`)
      if (!whole) continue
      if (end.position.offset !== log.head.offset) throw new Error(`${id} ends at ${end.position.offset}`)
      const expected = feedKey('daily', canonical(comesTo(filter, universe.watchlists))).filter
      const actual = canonical(FILTER_OF.get(end.feed) ?? { symbols: ['unknown'] })
      if (JSON.stringify(actual) !== JSON.stringify(expected)) throw new Error(`${id} has not followed the last edit`)
    }
  }
}

/** What a filter comes to, by itself. */
function comesTo({ symbols, watchlist }: EventFilter, lists: ReadonlyMap<string, readonly string[]>): SelectedFilter {
  const bounds = [
    ...(symbols === undefined ? [] : [symbols]),
    ...(watchlist === undefined ? [] : [lists.get(watchlist) ?? []])
  ]
  const [first, ...others] = bounds
  if (first === undefined) return {}
  return { symbols: first.filter(symbol => others.every(other => other.some(one => one === symbol))) }
}

/** At no moment two subscriptions of a connection have one feed, and the client knows each. */
function checkFeedsAreDistinct(messages: readonly ServerMessage[], all: readonly Open[]): void {
  const feeds = new Map<string, string>()
  for (const [at, message] of messages.entries()) {
    for (const { id, ended } of all) if (ended === at) feeds.delete(id)
    if (message.type !== 'subscribed' && message.type !== 'retargeted') continue
    for (const [id, feed] of feeds)
      if (id !== message.id && feed === message.feed) throw new Error(`${id} and ${message.id} are both ${feed}`)
    feeds.set(message.id, message.feed)
  }
}

const at = fc.nat(CONNECTIONS - 1)
const id = fc.constantFrom(...IDS)
const list = fc.constantFrom(...LISTS)
const symbols = fc.subarray([...SYMBOLS])
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      symbols: fc.array(fc.constantFrom(...SYMBOLS), { minLength: 1, maxLength: 6 })
    })
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('read' as const), count: fc.integer({ min: 1, max: 8 }) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('subscribe' as const),
      at,
      id,
      filter: fc.constantFrom(...FILTERS),
      from: fc.constantFrom('now', 'start', 'acknowledged'),
      credits: fc.constantFrom(undefined, undefined, 0, 2, 30)
    })
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('edit' as const), list, symbols }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('unsubscribe' as const), at, id }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('pull' as const),
      at,
      id: fc.option(id, { nil: undefined }),
      credits: fc.integer({ min: 1, max: 4 })
    })
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('acknowledge' as const), at, id }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('disconnect' as const), at }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('trim' as const), count: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 12, arbitrary: fc.record({ do: fc.constantFrom('flush' as const, 'turn' as const, 'beat' as const) }) }
)

type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never

async function take(world: World, step: Step): Promise<void> {
  if (step.do === 'append') world.append(step.symbols)
  if (step.do === 'read') world.readOn(step.count)
  if (step.do === 'edit') world.edit(step.list, step.symbols)
  if (step.do === 'unsubscribe') world.unsubscribe(step.at, step.id)
  if (step.do === 'pull') world.pull(step.at, step.id, step.credits)
  if (step.do === 'acknowledge') await world.acknowledge(step.at, step.id)
  if (step.do === 'disconnect') world.disconnect(step.at)
  if (step.do === 'trim') world.setting.log.trim(step.count)
  if (step.do === 'flush') world.flush()
  if (step.do === 'turn') await turn()
  if (step.do === 'beat') world.beat()
  if (step.do === 'subscribe') {
    const start: Position = { epoch: world.setting.log.epoch, offset: 0 }
    const from = step.from === 'start' ? start : step.from === 'now' ? 'now' : 'acknowledged'
    world.subscribe(step.at, step.id, step.filter, from, step.credits)
  }
}

t.test('whatever is subscribed, edited and left, each subscription of a connection is complete by itself', async t => {
  let checked = 0
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 80, size: 'max' }), async steps => {
      const world = new World()
      for (const one of steps) await take(world, one)
      await world.settle()
      for (const at of world.connections.keys()) world.check(at)
      checked += world.checked
      const { sent, acknowledged, gapSignalled, returned, inFlight } = world.setting.book.totals
      if (sent !== acknowledged + gapSignalled + returned + inFlight) throw new Error('the ledger is out of balance')
    }),
    { numRuns: Number(process.env['RUNS'] ?? 300) }
  )
  t.ok(checked > 300, `${checked} subscriptions`)
})

t.test('two subscriptions that an edit makes equal both receive events, and outlive each other', async t => {
  const world = new World()
  const { universe, following, subscribing } = world.setting
  const [connection] = world.connections
  if (connection === undefined) throw new Error('a connection')
  const { client, asker } = connection
  world.subscribe(0, 'a', { watchlist: 'w' }, 'now', undefined)
  world.subscribe(0, 'b', { watchlist: 'w', symbols: ['AAPL', 'MSFT'] }, 'now', undefined)
  await world.settle()
  universe.watchlists.set('w', ['AAPL', 'MSFT'])
  following.take({ user: 'alice', id: 'w' })
  await world.settle()

  world.append(['AAPL'])
  await world.settle()
  const eventsOf = () => client.messages.flatMap(message => (message.type === 'event' ? [message.offset] : []))
  t.same(eventsOf(), [1, 1], 'one for each')
  const beat = client.messages.findLast(message => message.type === 'heartbeat')
  t.equal(beat?.type === 'heartbeat' && Object.keys(beat.feeds).length, 2, 'each has its heartbeat')

  subscribing.end(asker.subscriber, 'b')
  world.append(['MSFT', 'MSFT', 'AAPL'])
  await world.settle()
  t.same(eventsOf(), [1, 1, 2, 3, 4])
})
