import t from 'tap'
import { auditLedgers, type Ledger, ledgerOf } from './ledger.ts'

const NONE: Ledger = { gateway: 'g', life: 1, sent: 0, acknowledged: 0, gapSignalled: 0, returned: 0, inFlight: 0 }
const SOUND: Ledger = { ...NONE, sent: 10, acknowledged: 7, gapSignalled: 1, returned: 2 }

const found = (after: Ledger, received: number) => auditLedgers([NONE], [after], received).map(({ events }) => events)

t.test('a ledger is read from the metrics', async t => {
  const metrics = [
    'gateway_ledger_sent_total{service="realtime-gateway"} 10',
    'gateway_ledger_acknowledged_total 7',
    'gateway_ledger_gap_signalled_total 1',
    'gateway_ledger_returned_total 2',
    'gateway_ledger_in_flight 0'
  ]
  t.same(ledgerOf('g', 1, metrics.join('\n')), SOUND)
  t.throws(() => ledgerOf('g', 1, metrics.slice(1).join('\n')), /gateway_ledger_sent_total/)
})

t.test('books that balance, and are those of the clients, are sound', async t => {
  t.same(found(SOUND, 8), [])
})

t.test('books that do not balance, or leave something in flight, are found', async t => {
  t.same(found({ ...SOUND, acknowledged: 5 }, 8), [2])
  t.same(found({ ...SOUND, acknowledged: 4, inFlight: 3 }, 8), [3])
})

t.test('clients cannot have received more than was sent, unless a gateway began its books anew', async t => {
  t.same(found(SOUND, 12), [2])
  t.same(found({ ...SOUND, life: 2 }, 12), [])
})
