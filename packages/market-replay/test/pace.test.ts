import fc from 'fast-check'
import t from 'tap'
import { compressed, knownAt } from '../src/bar-clock.ts'
import { evenPace } from '../src/pace.ts'

t.test('whatever the moments it is asked at, the pace is even', async t => {
  const rates = fc.constantFrom(1, 7, 20, 300, 5000)
  const waits = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 200 })
  fc.assert(
    fc.property(rates, waits, (rate, steps) => {
      const pace = evenPace(rate, 1000)
      let now = 1000
      let sent = 0
      for (const step of steps) {
        sent += pace.due(now, sent)
        if (Math.abs(sent - (1 + ((now - 1000) * rate) / 1000)) > 1) return false
        if (pace.next(sent) < now - 1e-6) return false
        now += step
      }
      return true
    })
  )
  t.equal(evenPace(20, 0).due(0, 0), 1)
  t.equal(evenPace(20, 0).due(49, 1), 0)
  t.equal(evenPace(20, 0).next(3), 150)
})

t.test('what an outage held up is not made up for', async t => {
  const pace = evenPace(100, 0)

  t.equal(pace.due(60_000, 1), 50)
  t.equal(pace.due(60_000, 51), 0)
  t.equal(pace.due(60_100, 51), 10)
})

t.test('history is known when its bar is closed', async t => {
  const date = Date.UTC(2020, 0, 2)
  t.equal(knownAt({ barTime: date }), date + 21 * 3_600_000)
  t.equal(knownAt({ barTime: date + 52_200_000 }), date + 52_500_000)
})

t.test('compressed history passes the given times faster, and starts anew with a new loop', async t => {
  const due = compressed(1000)
  const day = 86_400_000

  t.equal(due(0, 5000), 5000)
  t.equal(due(day, 5000), 5000 + 86_400)
  t.equal(due(5 * day, 7000), 5000 + 5 * 86_400)
  t.equal(due(0, 900_000), 900_000)
})
