import t from 'tap'
import { Columns } from '../../../src/domain/view/columns.ts'
import { liveState } from '../../../src/domain/view/live-state.ts'
import { patternOf } from '../../events.ts'

t.test('refuses to make a page of a slot that was freed', async t => {
  const columns = new Columns()
  const state = liveState(patternOf())
  const slot = columns.put(state)
  t.same(columns.statesOf([slot]), [state])

  columns.free(slot)

  t.throws(() => columns.statesOf([slot]), RangeError)
})
