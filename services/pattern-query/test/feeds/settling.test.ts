import { until } from '@tickstock/test-kit'
import t from 'tap'
import { Settling } from '../../src/feeds/settling.ts'

t.test('changes are settled a part a turn, and those that come meanwhile once more', async t => {
  const turns: string[] = []
  let rounds = 0
  const settling = new Settling({
    *settle() {
      const round = ++rounds
      turns.push(`${round}.1`)
      yield
      if (round === 1) settling.wake()
      turns.push(`${round}.2`)
      yield
    }
  })
  t.teardown(() => settling.stop())

  settling.wake()
  settling.wake()
  setImmediate(() => turns.push('others have their turn'))
  await until(() => turns.length === 5)

  t.same(turns, ['others have their turn', '1.1', '1.2', '2.1', '2.2'])
})

t.test('what is stopped settles nothing more', async t => {
  const settled: string[] = []
  const named = (name: string) =>
    new Settling({
      settle: () => {
        settled.push(name)
        return [].values()
      }
    })
  const [stopped, other] = [named('stopped'), named('other')]
  stopped.wake()
  stopped.stop()
  // Woken later, so it comes later.
  other.wake()
  await until(() => settled.length > 0)

  t.same(settled, ['other'])
})
