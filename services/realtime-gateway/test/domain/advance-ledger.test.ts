import type { Position } from '@tickstock/contracts'
import t from 'tap'
import { AdvanceLedger } from '../../src/domain/advance-ledger.ts'
import { DeliveryBook } from '../../src/domain/delivery-book.ts'

t.test('what was acknowledged in advance is told as it is reached, and then no more', async t => {
  const book = new DeliveryBook()
  const reached: Position[] = []
  const ledger = new AdvanceLedger(book.open(), position => reached.push(position))
  ledger.inAdvance({ epoch: 'e', offset: 25 })
  for (const last of [10, 20, 30, 40]) ledger.sent(10, last)

  t.same(
    reached.map(({ offset }) => offset),
    [10, 20, 25]
  )
  t.match(book.totals, { sent: 40, acknowledged: 20, inFlight: 20 })
})
