import { createRegistry } from '@tickstock/service-kit'
import t from 'tap'
import { IngestCounts } from '../../src/feeds/ingest-counts.ts'
import { createInstruments } from '../../src/instruments.ts'

t.test('what was received a second is the mean of the last minute, or of the time since the start', t => {
  let now = 12_300
  const counts = new IngestCounts(createInstruments(createRegistry()), () => now)
  const after = (seconds: number) => {
    now += seconds * 1_000
    return counts.perSecond
  }
  counts.countReceived('pubsub', 10)
  t.equal(counts.perSecond, 10)
  t.equal(after(10), 1)
  counts.countReceived('inbox', 590)
  t.equal(after(49), 600 / 59)
  t.equal(after(2), 590 / 60, 'the first ten are more than a minute ago')
  t.equal(after(3_600), 0)
  t.match(counts, { received: 600 })
  t.end()
})

t.test('Prometheus is told the same', async t => {
  const registry = createRegistry()
  const counts = new IngestCounts(createInstruments(registry))
  counts.countReceived('inbox', 3)
  counts.countAppended('daily', 2, 0)
  counts.countAppended('daily', 0, 1)
  counts.countDeadLetter('time')
  counts.countLost('daily', 4)

  t.match(counts, { received: 3, appended: 2, duplicates: 1, deadLetters: 1, lost: 4 })
  const text = await registry.metrics()
  for (const line of ['ingested', 'appended', 'duplicates', 'dead_letters', 'overflowed']) {
    t.match(text, new RegExp(`pattern_query_${line}_total\\{`))
  }
})
