import t from 'tap'
import { KeptPositions } from './kept-positions.ts'

t.test('positions that go on, and those of another epoch or name, are sound', async t => {
  const kept = new KeptPositions()
  kept.note('ann', 'desk chaos daily', { epoch: 'a', offset: 5 })
  kept.note('ann', 'desk chaos daily', { epoch: 'a', offset: 5 })
  kept.note('ann', 'desk chaos daily', { epoch: 'a', offset: 9 })
  kept.note('ann', 'desk chaos daily', { epoch: 'b', offset: 1 })
  kept.note('ann', 'desk chaos combo', { epoch: 'a', offset: 1 })
  kept.note('ben', 'desk chaos daily', { epoch: 'a', offset: 1 })
  t.same(kept.takeWithdrawn(), [])
})

t.test('a position that went back is found, once', async t => {
  const kept = new KeptPositions()
  kept.note('ann', 'desk chaos daily', { epoch: 'a', offset: 9 })
  kept.note('ann', 'desk chaos daily', { epoch: 'a', offset: 4 })
  t.match(kept.takeWithdrawn(), [{ kind: 'withdrawn', whose: 'ann', events: 5 }])
  t.same(kept.takeWithdrawn(), [])
})
