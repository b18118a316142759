import { setImmediate as turn } from 'node:timers/promises'
import { until } from '@tickstock/test-kit'
import t from 'tap'
import { Pacemaker } from '../src/pacemaker.ts'

t.test('the first round after a pause begins at once, the next not before its time', async t => {
  const at: number[] = []
  const pacemaker = new Pacemaker({ beat: () => at.push(performance.now()) < 0, intervalMs: 30 })
  pacemaker.wake()
  pacemaker.wake()
  await turn()
  t.equal(at.length, 1)

  pacemaker.wake()
  await turn()
  t.equal(at.length, 1)
  await until(() => at.length === 2)
  t.ok((at[1] ?? 0) - (at[0] ?? 0) > 25)
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

t.test('a round that takes long is followed by a pause: it is what a round joins that grows', async t => {
  const began: number[] = []
  const pacemaker = new Pacemaker({
    beat: () => {
      began.push(performance.now())
      const end = performance.now() + 80
      while (performance.now() < end);
      if (began.length < 2) pacemaker.wake()
      return false
    },
    intervalMs: 10
  })
  pacemaker.wake()
  await until(() => began.length === 2)
  t.ok((began[1] ?? 0) - (began[0] ?? 0) > 95)
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
