import type { Sectors } from '@tickstock/contracts'
import { until } from '@tickstock/test-kit'
import t, { type Test } from 'tap'
import { SectorsFeed } from '../../src/feeds/sectors-feed.ts'

const energy: Sectors = { sectors: { Energy: ['XOM'] } }
const technology: Sectors = { sectors: { Technology: ['AAPL'] } }

function given(t: Test, answer: () => Promise<Sectors>, everyMs = 5) {
  const applied: Sectors['sectors'][] = []
  const failures: unknown[] = []
  let attempts = 0
  const feed = new SectorsFeed({
    read: answer,
    apply: sectors => applied.push(sectors),
    attempted: failure => {
      attempts++
      if (failure !== undefined) failures.push(failure)
    },
    everyMs,
    retry: { firstMs: 1, longestMs: 5 }
  })
  const stop = new AbortController()
  const running = feed.run(stop.signal)
  t.teardown(async () => {
    stop.abort()
    await running
  })
  return { feed, applied, failures, attempts: () => attempts, stop, running }
}

t.test('sectors are read at the start and again and again, and applied where they are others', async t => {
  let current = energy
  const { feed, applied, attempts } = given(t, async () => current)
  t.equal(feed.freshness, 'unknown')

  await until(() => attempts() > 3)
  t.same(applied, [energy.sectors])
  await until(() => feed.freshness === 'known')

  current = technology
  await until(() => applied.length === 2)
  t.same(applied[1], technology.sectors)
})

t.test('what is known stays while they cannot be read, and is called old', async t => {
  let answer = () => Promise.resolve(energy)
  const { feed, applied, failures } = given(t, () => answer())
  await until(() => feed.freshness === 'known')

  answer = () => Promise.reject(new Error('away'))
  await until(() => feed.freshness === 'old')
  t.same(applied, [energy.sectors])
  t.match(failures[0], { message: 'away' })

  answer = () => Promise.resolve(technology)
  await until(() => feed.freshness === 'known')
  t.equal(applied.length, 2)
})

t.test('it ends at once, in a pause or in a reading', async t => {
  const { stop, running, attempts } = given(t, async () => energy, 60_000)
  await until(() => attempts() === 1)
  stop.abort()
  await running

  const asked = Promise.withResolvers<void>()
  const answer = Promise.withResolvers<Sectors>()
  const reading = given(t, () => {
    asked.resolve()
    return answer.promise
  })
  await asked.promise
  reading.stop.abort()
  answer.reject(new Error('aborted'))
  await reading.running
  t.same(reading.failures, [])
})
