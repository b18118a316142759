import { INBOX_KEY, PRODUCER_BASE } from '@tickstock/contracts'
import { startRedis, until } from '@tickstock/test-kit'
import { Redis } from 'ioredis'
import t from 'tap'
import { publishingConnection } from '../src/publisher/connection.ts'
import { inboxPublisher } from '../src/publisher/inbox.ts'
import { patientPublisher } from '../src/publisher/patient.ts'
import { pubSubPublisher } from '../src/publisher/pub-sub.ts'
import type { Publisher } from '../src/publisher/publisher.ts'
import { type Published, type ReplayOptions, replay } from '../src/replay.ts'
import { derivedUniverse } from '../src/universe/universe.ts'

const options: ReplayOptions = {
  universe: derivedUniverse({ symbols: 30, days: 10, seed: 'replay' }),
  watched: 3,
  rate: 5000,
  backlog: 0,
  limit: Number.POSITIVE_INFINITY,
  loop: false,
  variety: false,
  seed: 'replay',
  run: 'test'
}

interface Told {
  readonly event_type: string
  readonly flow_id: string
  readonly timestamp: number
  readonly data: { readonly timestamp: number; readonly expires_at: number; readonly symbol: string }
}

const told = (payload: string): Told => JSON.parse(payload)

/** Keeps what is published. */
function recorder() {
  const events: Told[] = []
  const publisher: Publisher = {
    async publish(batch) {
      events.push(...batch.map(({ payload }) => told(payload)))
      return batch.map(() => 1)
    }
  }
  return { events, publisher }
}

async function record(
  change: Partial<ReplayOptions>,
  onPublished: (sent: readonly Published[]) => void = () => undefined
) {
  const { events, publisher } = recorder()
  await replay({ ...options, ...change }, { publisher, signal: new AbortController().signal, onPublished })
  return events
}

t.test('one pass ends by itself; the same seed and run give the same flow ids, each once', async t => {
  const first = await record({})
  const second = await record({})
  const other = await record({ run: 'other' })

  const ids = first.map(({ flow_id }) => flow_id)
  t.ok(ids.length > 100)
  t.equal(new Set(ids).size, ids.length)
  t.same(
    second.map(({ flow_id }) => flow_id),
    ids
  )
  t.notOk(other.some(({ flow_id }) => ids.includes(flow_id)))
})

t.test('the backlog is dated back, in order, and still live', async t => {
  const began = Date.now() / 1000
  const events = await record({ backlog: 200, limit: 200, rate: 10 })

  t.equal(events.length, 200)
  const now = Date.now() / 1000
  const [first, last] = [events[0], events.at(-1)]
  t.ok(first && last && last.timestamp - first.timestamp > 15 && last.timestamp - first.timestamp < 25)
  t.ok(last && last.timestamp > began - 1 && last.timestamp <= now)
  t.ok(events.every(({ data }) => data.expires_at > began - 1))
  t.ok(events.every(({ timestamp }, at) => timestamp >= (events[at - 1]?.timestamp ?? 0)))
})

t.test('a loop goes on with new ids until its limit', async t => {
  const once = await record({})
  const loops: number[] = []

  const events = await record({ loop: true, limit: once.length + 50 }, sent =>
    loops.push(...sent.map(({ loop }) => loop))
  )

  t.equal(new Set(events.map(({ flow_id }) => flow_id)).size, once.length + 50)
  t.same([...new Set(loops)], [0, 1])
})

t.test('compressed bars bring the same events in the same order', async t => {
  const universe = derivedUniverse({ symbols: 5, days: 3, seed: 'speed' })
  const idsOf = (events: readonly Told[]) => events.map(({ flow_id }) => flow_id)

  // Two days of history in a fifth of a second.
  const compressed = await record({ universe, speed: 172_800_000 / 200 })

  t.ok(compressed.length > 0)
  t.same(idsOf(compressed), idsOf(await record({ universe })))
})

t.test('variety and shape variants leave in the rotation', async t => {
  const events = await record({ variety: true, limit: 8 })

  t.equal(events.filter(event => event.data === undefined).length, 1)
})

t.test('it stops at once when told to', async t => {
  const stop = new AbortController()
  const { publisher, events } = recorder()

  const running = replay(
    { ...options, rate: 0.01 },
    { publisher, signal: stop.signal, onPublished: () => stop.abort() }
  )
  await running

  t.equal(events.length, 1)
})

t.test('pub/sub gets every event in order, and says how many listened', async t => {
  const server = await startRedis(t)
  const redis = new Redis(server.url)
  const listener = new Redis(server.url)
  t.teardown(() => redis.disconnect())
  t.teardown(() => listener.disconnect())
  const heard: { channel: string; id: string }[] = []
  listener.on('pmessage', (_, channel: string, payload: string) => heard.push({ channel, id: told(payload).flow_id }))
  await listener.psubscribe(`${PRODUCER_BASE}.*`)
  const sent: Published[] = []

  await replay(
    { ...options, limit: 300 },
    { publisher: pubSubPublisher(redis), signal: new AbortController().signal, onPublished: some => sent.push(...some) }
  )
  await until(() => heard.length === 300, { what: '300 messages' })

  t.same(
    heard.map(({ id }) => id),
    (await record({ limit: 300 })).map(({ flow_id }) => flow_id)
  )
  t.same(
    heard.map(({ channel }) => channel),
    sent.map(({ channel }) => `${PRODUCER_BASE}.${channel}`)
  )
  t.ok(sent.every(({ reached }) => reached === 1))
})

t.test('the inbox keeps every event with its channel', async t => {
  const server = await startRedis(t)
  const redis = new Redis(server.url)
  t.teardown(() => redis.disconnect())
  const sent: Published[] = []

  await replay(
    { ...options, limit: 50 },
    { publisher: inboxPublisher(redis), signal: new AbortController().signal, onPublished: some => sent.push(...some) }
  )

  const entries = await redis.xrange(INBOX_KEY, '-', '+')
  t.same(
    entries.map(([, [name, channel, event]]) => [name, channel, event]),
    sent.map(({ channel }) => ['channel', channel, 'event'])
  )
  t.ok(sent.every(({ reached }) => reached === undefined))
})

t.test('a reply that is an error is an error', async t => {
  const server = await startRedis(t)
  const redis = new Redis(server.url)
  t.teardown(() => redis.disconnect())
  await redis.set(INBOX_KEY, 'not a stream')

  await t.rejects(inboxPublisher(redis).publish([{ channel: 'daily', payload: '{}' }]), /WRONGTYPE/)
})

t.test('an outage of Redis is waited out: nothing is skipped', async t => {
  const server = await startRedis(t, { persistence: 'everysec' })
  const errors: string[] = []
  const redis = publishingConnection(server.url, error => errors.push(error.message))
  const stop = new AbortController()
  t.teardown(() => redis.disconnect())
  await redis.connect()
  const outages: number[] = []
  let sent = 0
  const publisher = patientPublisher(inboxPublisher(redis), {
    signal: stop.signal,
    onOutage: (_, pause) => outages.push(pause)
  })
  const running = replay(
    { ...options, limit: 150, rate: 100 },
    { publisher, signal: stop.signal, onPublished: some => (sent += some.length) }
  )

  await until(() => sent > 20, { what: 'the first events' })
  await server.stop()
  await until(() => outages.length > 1, { what: 'two failed tries' })
  const back = await startRedis(t, { dataDir: server.dataDir, port: server.port, persistence: 'everysec' })
  await running

  const reader = new Redis(back.url)
  t.teardown(() => reader.disconnect())
  const entries = await reader.xrange(INBOX_KEY, '-', '+')
  const ids = new Set(entries.map(([, fields]) => told(fields[3] ?? '').flow_id))
  t.equal(sent, 150)
  t.equal(ids.size, 150)
  t.ok(outages.every(pause => pause >= 50 && pause <= 5000))
})

t.test('patience ends when it is told to stop', async t => {
  const stop = new AbortController()
  const failing: Publisher = { publish: () => Promise.reject(new Error('down')) }
  const publisher = patientPublisher(failing, { signal: stop.signal, onOutage: () => stop.abort() })

  await t.rejects(publisher.publish([]), { name: 'AbortError' })
  await t.rejects(publisher.publish([]), { name: 'AbortError' })
})
