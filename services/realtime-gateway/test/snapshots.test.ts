import { setTimeout as delay } from 'node:timers/promises'
import {
  type EventFilter,
  momentOf,
  type Pattern,
  type PatternEvent,
  type PatternState,
  type ServerMessage,
  supersedes
} from '@tickstock/contracts'
import { LogWriter } from '@tickstock/event-log'
import { startRedis, startService, type Teardown, until } from '@tickstock/test-kit'
import { Redis } from 'ioredis'
import t from 'tap'
import { canonical, matcherOf } from '../src/domain/matcher.ts'
import { a, connect, SECRET, type Socket } from './gateway-fixture.ts'

const SYMBOLS = Array.from({ length: 40 }, (_, at) => `S${at}`)
const TYPES = ['Doji', 'Bull_Flag', 'Hammer']
const LIVE = 700

interface Known extends PatternState {
  readonly pattern?: Pattern
}

/** The live patterns of a whole log, by id. */
function liveIn(events: readonly PatternEvent[]): Map<string, Pattern> {
  const known = new Map<string, Known>()
  for (const event of events) {
    const { id } = event.pattern
    if (!supersedes(event, known.get(id))) continue
    const ended = event.kind === 'pattern_expired'
    known.set(id, { moment: momentOf(event), ended, ...(!ended && { pattern: event.pattern }) })
  }
  return new Map([...known].flatMap(([id, { pattern }]) => (pattern ? [[id, pattern] as const] : [])))
}

/** A log whose patterns come, change and go, and everything of it that was appended. */
async function startWorld(t: Teardown, seed: number) {
  const server = await startRedis(t)
  const redis = new Redis(server.url)
  t.teardown(() => redis.disconnect())
  const identity = { REDIS_URL: server.url, AUTH_MODE: 'development', AUTH_SECRET: SECRET, LOG_LEVEL: 'warn' }
  const queries = await startService(t, { service: 'pattern-query', env: identity })
  const gateway = await startService(t, {
    service: 'realtime-gateway',
    env: { ...identity, PATTERNS_URL: queries.url, HEARTBEAT_MS: '200', SHUTDOWN_MS: '2000' }
  })
  const writer = new LogWriter({ redis, channel: 'daily' })
  const events: PatternEvent[] = []
  const random = randomOf(seed)
  let moment = 1_000

  /** Mostly something of a pattern that is there: its moment may lie before what was told last, but not before its end. */
  const next = (): PatternEvent => {
    const at = Math.floor(random() * LIVE)
    const [symbol = '', name = ''] = [SYMBOLS[at % SYMBOLS.length], TYPES[at % TYPES.length]]
    const identity = {
      id: `${symbol}:${name}:daily:${at}`,
      symbol,
      pattern: name,
      channel: 'daily' as const,
      timeframe: 'daily',
      detected_at: at
    }
    moment += 10
    const head = { id: `e-${moment}` }
    if (random() < 0.2) return { ...head, kind: 'pattern_expired', published_at: moment, pattern: identity }
    const isLate = events.findLast(({ pattern }) => pattern.id === identity.id)?.kind === 'pattern_updated'
    const published_at = isLate && random() < 0.2 ? moment - 15 : moment
    return {
      ...head,
      kind: random() < 0.5 ? 'pattern_detected' : 'pattern_updated',
      published_at,
      pattern: {
        ...identity,
        confidence: Math.round(random() * 100) / 100,
        price: moment,
        change: null,
        indicators: { rsi: Math.round(random() * 100) },
        expires_at: 8e12,
        updated_at: published_at,
        synthetic: true
      }
    }
  }

  const append = async (many: number): Promise<void> => {
    const fresh = Array.from({ length: many }, next)
    events.push(...fresh)
    for (const { result } of await Promise.all(fresh.map(event => writer.append(event))))
      if (result !== 'appended') throw new Error(`${result}: an event is appended once`)
  }
  return { gateway, events, append, random }
}

/** mulberry32: a failure can be had again by its seed. */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** What a client makes of what it was sent. @throws Error where the protocol was broken */
function seenBy(messages: readonly ServerMessage[], id: string): { patterns: Map<string, Pattern>; pages: number } {
  const subscribed = messages.filter(a('subscribed')).find(message => message.id === id)
  if (subscribed === undefined) throw new Error('not subscribed')
  const patterns = new Map<string, Pattern>()
  let { offset } = subscribed.position
  let remaining = Number.NaN
  let pages = 0
  for (const message of messages) {
    if (message.type === 'snapshot' && message.id === id) {
      if (remaining === 0) throw new Error('a page after the last')
      if (message.position.offset !== subscribed.position.offset) throw new Error('another position')
      for (const pattern of message.patterns) {
        if (patterns.has(pattern.id)) throw new Error(`${pattern.id} came twice`)
        patterns.set(pattern.id, pattern)
      }
      remaining = message.remaining
      pages += 1
    } else if (message.type === 'event' && message.feed === subscribed.feed) {
      if (remaining !== 0) throw new Error('an event before the snapshot was complete')
      if (message.previous > offset || message.offset <= offset) throw new Error('not in order')
      offset = message.offset
      const { event, change } = message
      if (change === 'left') patterns.delete(event.pattern.id)
      else if (change !== 'late' && event.kind !== 'pattern_expired') patterns.set(event.pattern.id, event.pattern)
    }
  }
  return { patterns, pages }
}

const isUpTo = (socket: Socket, feed: string, offset: number): boolean =>
  (socket.received.filter(a('heartbeat')).at(-1)?.feeds[feed]?.offset ?? 0) >= offset

t.test('a snapshot and the events after it are what lives, whatever happens while it is taken', async t => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 1e9)
  t.comment(`SEED=${seed}`)
  const { gateway, events, append, random } = await startWorld(t, seed)
  await append(1_500)

  let going = true
  const producing = (async () => {
    while (going) {
      await append(1 + Math.floor(random() * 20))
      await delay(random() * 10)
    }
  })()
  const some = <Item>(items: readonly Item[], share: number) => items.filter(() => random() < share)
  const filters: EventFilter[] = [
    {},
    {
      symbols: some(SYMBOLS, 0.5)
        .concat('S1')
        .map(symbol => symbol.toLowerCase().toUpperCase())
    },
    { pattern_types: some(TYPES, 0.5).concat('hammer') },
    { symbols: ['NONE'] },
    { timeframes: ['Daily', '5min'], symbols: some(SYMBOLS, 0.3).concat('S2') },
    { confidence_min: 0.5 },
    { rsi_range: '20,60', pattern_types: ['doji'] }
  ]
  const taken = await Promise.all(
    filters.flatMap(filter =>
      [0, 1].map(async round => {
        await delay(round * 150 * random())
        const socket = await connect(t, gateway)
        socket.send({ type: 'subscribe', id: 's', channel: 'daily', from: 'snapshot', filter })
        const { feed, mode } = await socket.next(a('subscribed'))
        t.equal(mode, 'snapshot')
        await socket.next((message): message is ServerMessage => message.type === 'snapshot' && message.remaining === 0)
        return { filter, socket, feed }
      })
    )
  )
  going = false
  await producing

  const live = [...liveIn(events).values()]
  for (const { filter, socket, feed } of taken) {
    await until(() => isUpTo(socket, feed, events.length), { what: 'all events' })
    const { patterns, pages } = seenBy(socket.received, 's')
    const expected = live.filter(matcherOf(canonical(filter)).accepts)
    const pricesOf = (all: Iterable<Pattern>) => [...all].map(({ id, price }) => `${id} ${price}`).sort()
    t.same(
      pricesOf(patterns.values()),
      pricesOf(expected),
      `${JSON.stringify(filter).slice(0, 60)}: all of ${expected.length} and nothing else, in ${pages} pages`
    )
  }
})
