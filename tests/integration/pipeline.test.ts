import { createClient } from '@tickstock/client'
import { until } from '@tickstock/test-kit'
import t from 'tap'
import { post, producerEvent, publish } from './producer.ts'
import { Subscriber } from './subscriber.ts'
import { startSystem } from './system.ts'

const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

t.test('a published event is received and scanned', async t => {
  const { client, ingest, gateway } = await startSystem(t)
  const subscriber = new Subscriber(t, gateway.url, { channels: ['daily'] })
  await subscriber.live()
  const scans = createClient({ url: ingest[0]?.url ?? '' })
  const receivedAfter: number[] = []
  const scannedAfter: number[] = []

  for (let n = 1; n <= 30; n++) {
    const began = performance.now()
    t.equal(await publish(client, 'daily', producerEvent(n)), 1)
    const scanned = until(async () => (await scans.scan({ symbols: [`SYM${n % 50}`] })).total === 1).then(() =>
      scannedAfter.push(performance.now() - began)
    )
    await subscriber.received(n)
    receivedAfter.push(performance.now() - began)
    await scanned
  }

  t.match(subscriber.events[0], {
    kind: 'pattern_detected',
    pattern: { symbol: 'SYM1', pattern: 'Doji', channel: 'daily', confidence: 0.51, price: 150.25, change: 2.3 }
  })
  t.same(await scans.pattern(subscriber.events[0]?.pattern.id ?? ''), subscriber.events[0]?.pattern)
  t.comment(
    `published → received: median ${median(receivedAfter).toFixed(1)} ms, worst ${Math.max(...receivedAfter).toFixed(1)} ms`
  )
  t.comment(
    `published → scanned: median ${median(scannedAfter).toFixed(1)} ms, worst ${Math.max(...scannedAfter).toFixed(1)} ms`
  )
})

t.test('a scan and a subscription from its positions are the whole picture, with no gap and no overlap', async t => {
  const { client, ingest, gateway } = await startSystem(t)
  const total = 2_000
  const producing = (async () => {
    for (let n = 0; n < total; n++) await post(client, 'daily', producerEvent(n))
  })()
  const scans = createClient({ url: ingest[0]?.url ?? '' })
  await until(async () => (await scans.scan()).total > 100, { what: 'the flow to have begun' })

  // Expiries aside, every offset up to the position of the scan is a live pattern of the scan.
  const scan = await scans.scan({ per_page: 1 })
  const subscriber = new Subscriber(t, gateway.url, { channels: ['daily'], from: scan.positions })
  await producing
  await subscriber.received(total - scan.total)

  t.ok(scan.total < total, `the scan saw ${scan.total} of ${total}`)
  t.equal(scan.positions.daily.offset, scan.total)
  t.same(
    subscriber.offsets,
    Array.from({ length: total - scan.total }, (_, index) => scan.total + 1 + index)
  )
  t.same(subscriber.gaps, [])
})

t.test('10,000 events by pub/sub, two ingest replicas, three subscribers: each once, in order, at each', async t => {
  const total = 10_000
  const { client, gateway } = await startSystem(t, { replicas: 2 })
  const subscribers = [1, 2, 3].map(() => new Subscriber(t, gateway.url, { channels: ['daily'] }))
  await Promise.all(subscribers.map(subscriber => subscriber.live()))

  const began = performance.now()
  const listening = new Set<number>()
  for (let n = 0; n < total; n += 500) {
    const batch = Array.from({ length: 500 }, (_, index) => publish(client, 'daily', producerEvent(n + index)))
    for (const count of await Promise.all(batch)) listening.add(count)
  }
  await Promise.all(subscribers.map(subscriber => subscriber.received(total)))
  t.comment(`${total} events at three subscribers after ${((performance.now() - began) / 1000).toFixed(1)} s`)

  t.same([...listening], [2], 'both replicas heard each')
  const expected = Array.from({ length: total }, (_, n) => `flow-${n}`)
  for (const { ids, offsets, gaps } of subscribers) {
    t.same(ids.map(flowOf), expected)
    t.same(
      offsets,
      Array.from({ length: total }, (_, index) => index + 1),
      'densely numbered'
    )
    t.same(gaps, [])
  }
})

/** The ingest may put the kind beside the flow id. */
const flowOf = (id: string) => /flow-\d+/.exec(id)?.[0]
