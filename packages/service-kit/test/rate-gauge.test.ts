import fc from 'fast-check'
import t from 'tap'
import { RateGauge } from '../src/rate-gauge.ts'

t.test('a burst passes, then the rate', async t => {
  const gauge = new RateGauge({ perSecond: 10, burst: 3 })

  t.same(
    [1, 2, 3].map(() => gauge.take('a', 0).remaining),
    [2, 1, 0]
  )
  t.match(gauge.take('a', 0), { remaining: -1, wait: 100 })
  t.match(gauge.take('a', 60), { wait: 40 })
  t.match(gauge.take('a', 100), { remaining: 0, wait: 0 })
  t.match(gauge.take('b', 100), { remaining: 2 }, 'another sender has his own')
})

t.test('to look counts nothing', async t => {
  const gauge = new RateGauge({ perSecond: 1, burst: 1 })

  t.equal(gauge.look('a', 0).wait, 0)
  t.equal(gauge.take('a', 0).wait, 0)
  t.equal(gauge.look('a', 0).wait, 1_000)
  t.equal(gauge.look('a', 1_000).wait, 0)
})

const gaps = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 200 })
const perSecond = fc.integer({ min: 1, max: 50 })
const burst = fc.integer({ min: 1, max: 20 })

t.test('in no stretch of time passes more than burst and rate allow', async t => {
  const passes = fc.property(gaps, perSecond, burst, (gaps, perSecond, burst) => {
    const gauge = new RateGauge({ perSecond, burst })
    const passed: number[] = []
    let now = 0
    for (const gap of gaps) {
      now += gap
      if (gauge.take('a', now).wait === 0) passed.push(now)
    }
    const last = passed.at(-1) ?? 0
    return passed.every((from, index) => passed.length - index <= burst + ((last - from) / 1_000) * perSecond + 1e-6)
  })
  t.doesNotThrow(() => fc.assert(passes))
})

t.test('who keeps to the rate is never refused', async t => {
  const passes = fc.property(perSecond, fc.integer({ min: 1, max: 500 }), (perSecond, count) => {
    const gauge = new RateGauge({ perSecond, burst: 1 })
    return Array.from({ length: count }, (_, n) => gauge.take('a', (n * 1_000) / perSecond)).every(
      ({ wait }) => wait === 0
    )
  })
  t.doesNotThrow(() => fc.assert(passes))
})

t.test('it keeps so many senders and no more', async t => {
  const gauge = new RateGauge({ perSecond: 1, burst: 1, senders: 10 })
  gauge.take('first', 0)
  for (let n = 0; n < 12; n += 1) gauge.take(`of the first ten ${n}`, 0)
  t.ok(gauge.look('first', 0).wait > 0, 'those of the generation before are known')

  for (let n = 0; n < 20; n += 1) gauge.take(`later ${n}`, 0)
  t.equal(gauge.look('first', 0).wait, 0)
})
