import { until } from '@tickstock/test-kit'
import t from 'tap'
import { Keeping } from '../src/keeping.ts'
import type { Positions } from '../src/position-store.ts'

/** A store that is as slow as the test wants. */
function given() {
  const saved: Positions[] = []
  const waiting: (() => void)[] = []
  let offset = 0
  const store = {
    load: () => undefined,
    save: (_key: string, positions: Positions) => {
      saved.push(positions)
      const { promise, resolve } = Promise.withResolvers<void>()
      waiting.push(resolve)
      return promise
    }
  }
  const keeping = new Keeping({ store, key: 'k' }, () => ({ daily: { epoch: 'e', offset } }))
  const apply = () => {
    offset += 1
    keeping.changed()
  }
  return { keeping, apply, offsets: () => saved.map(({ daily }) => daily?.offset), settle: () => waiting.shift()?.() }
}

t.test('what changes together is saved once, and never before the last saving has settled', async t => {
  const { apply, offsets, settle } = given()
  apply()
  apply()
  await until(() => offsets().length === 1)
  apply()
  apply()
  settle()

  await until(() => offsets().length === 2)
  t.same(offsets(), [2, 4])
})

t.test('what is owed at the end is saved at once, or as soon as that can be', async t => {
  const idle = given()
  idle.keeping.end()
  t.same(idle.offsets(), [], 'nothing is owed')
  idle.apply()
  idle.keeping.end()
  t.same(idle.offsets(), [1])

  idle.apply()
  idle.keeping.end()
  t.same(idle.offsets(), [1])
  idle.settle()
  await until(() => idle.offsets().length === 2)
  t.same(idle.offsets(), [1, 2])
})
