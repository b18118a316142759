import t from 'tap'
import { Turns } from '../../src/domain/turns.ts'

t.test('who has much that waits does not hold up who has little', async t => {
  const turns = new Turns<string, string>()
  for (const item of ['a1', 'a2', 'a3']) turns.push('a', item)
  turns.push('b', 'b1')
  t.equal(turns.next(), 'a1')
  turns.push('c', 'c1')

  t.same(
    Array.from({ length: 5 }, () => turns.next()),
    ['b1', 'a2', 'c1', 'a3', undefined]
  )
})
