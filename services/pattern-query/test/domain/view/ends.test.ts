import { END_REMEMBERED_MS, ENDS_REMEMBERED } from '@tickstock/contracts'
import t from 'tap'
import { Ends } from '../../../src/domain/view/ends.ts'

t.test('an end is remembered for an hour of the log, and not longer', async t => {
  const ends = new Ends()
  ends.set('a', { moment: 5, at: 1_000, offset: 1 })
  ends.set('b', { moment: 5, at: 2_000, offset: 2 })

  ends.forgetAt(1_000 + END_REMEMBERED_MS)
  t.match(ends.get('a'), { moment: 5 })
  ends.forgetAt(1_001 + END_REMEMBERED_MS)
  t.equal(ends.get('a'), undefined)
  t.equal(ends.oldest, 2)
  t.equal(ends.delete('b'), true)
  t.equal(ends.delete('b'), false)
  t.equal(ends.oldest, undefined)
})

t.test('too many are forgotten oldest first; one that ends again is among the newest', async t => {
  const ends = new Ends()
  for (let offset = 1; offset <= ENDS_REMEMBERED; offset++) ends.set(`p${offset}`, { moment: 0, at: 0, offset })
  ends.set('p1', { moment: 1, at: 0, offset: ENDS_REMEMBERED + 1 })
  t.equal(ends.size, ENDS_REMEMBERED)

  ends.set('new', { moment: 0, at: 0, offset: ENDS_REMEMBERED + 2 })

  t.equal(ends.size, ENDS_REMEMBERED)
  t.equal(ends.get('p2'), undefined)
  t.equal(ends.oldest, 3)
  t.match(ends.get('p1'), { moment: 1 })
})
