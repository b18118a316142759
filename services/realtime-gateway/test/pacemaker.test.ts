import { mock } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { until } from '@tickstock/test-kit'
import t, { type Test } from 'tap'
import { Pacemaker } from '../src/pacemaker.ts'

/** Time passes by `pass` alone, and in a round by what the round adds to `now`. */
function stopTheClock(t: Test) {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const clock = {
    now: 0,
    async pass(ms: number) {
      clock.now += ms
      mock.timers.tick(ms)
      await turn()
    }
  }
  return clock
}

t.test('begins the first round after a pause at once, and the next after the interval', async t => {
  const clock = stopTheClock(t)
  let rounds = 0
  const pacemaker = new Pacemaker({ beat: () => ++rounds < 0, intervalMs: 30, now: () => clock.now })
  pacemaker.wake()
  pacemaker.wake()
  await turn()
  t.equal(rounds, 1)

  pacemaker.wake()
  await clock.pass(29)
  t.equal(rounds, 1)
  await clock.pass(1)
  t.equal(rounds, 2)
  pacemaker.stop()
})

t.test('others run between the parts of a round, and what becomes due meanwhile has a round of its own', async t => {
  let parts = 0
  const pacemaker = new Pacemaker({ beat: () => ++parts % 3 !== 0, intervalMs: 0 })
  pacemaker.wake()
  await turn()
  t.equal(parts, 1)
  pacemaker.wake()
  await until(() => parts === 6)
  await turn()
  await turn()
  t.equal(parts, 6)
})

t.test('pauses after a long round for a quarter of what it took', async t => {
  const clock = stopTheClock(t)
  let rounds = 0
  const pacemaker = new Pacemaker({
    beat: () => {
      rounds++
      clock.now += 80
      if (rounds < 2) pacemaker.wake()
      return false
    },
    intervalMs: 10,
    now: () => clock.now
  })
  pacemaker.wake()
  await turn()
  t.equal(rounds, 1)

  await clock.pass(19)
  t.equal(rounds, 1)
  await clock.pass(1)
  t.equal(rounds, 2)
})

t.test('once stopped, it does nothing more', async t => {
  let beats = 0
  const pacemaker = new Pacemaker({ beat: () => ++beats > 0, intervalMs: 0 })
  pacemaker.wake()
  await turn()
  pacemaker.stop()
  await turn()
  pacemaker.wake()
  await turn()
  t.equal(beats, 1)
})
