import { encodeEvent, type LogEntry } from '@tickstock/contracts'
import t from 'tap'
import { auditLog } from './audit-log.ts'
import { Truth } from './truth.ts'

function entryOf(epoch: string, offset: number, id: string): LogEntry {
  const pattern = {
    id: `p${offset}`,
    symbol: 'S',
    pattern: 'Doji',
    channel: 'daily' as const,
    timeframe: 'daily',
    detected_at: 0
  }
  return { epoch, offset, appendedAt: 0, ...encodeEvent({ id, kind: 'pattern_expired', published_at: 0, pattern }) }
}

function truthOf(ids: readonly string[]): Truth {
  const truth = new Truth()
  truth.begin('daily', 'a', 0)
  ids.forEach((id, index) => {
    truth.note('daily', entryOf('a', index + 1, id))
  })
  return truth
}

const found = (truth: Truth, durable: readonly string[] = []) => auditLog(truth, durable).map(({ kind }) => kind)

t.test('a dense log with every durable flow once is sound, in a new epoch again', async t => {
  const truth = truthOf(['chaos-x-1', 'chaos-x-2:updated:abc', 'expired:p:1:1'])
  truth.begin('daily', 'b', 2)
  truth.note('daily', entryOf('b', 3, 'chaos-x-1'))
  t.same(found(truth, ['chaos-x-1', 'chaos-x-2']), [])
})

t.test('a durable flow that stood in a tail which was lost, and never came back, is found', async t => {
  const truth = truthOf(['chaos-x-1', 'chaos-x-2', 'chaos-x-3'])
  truth.begin('daily', 'b', 1)
  truth.note('daily', entryOf('b', 2, 'chaos-x-3'))
  t.same(found(truth, ['chaos-x-1', 'chaos-x-3']), [])
  t.same(found(truth, ['chaos-x-1', 'chaos-x-2', 'chaos-x-3']), ['not_durable'])
})

t.test('a durable flow that is nowhere is found', async t => {
  t.same(found(truthOf(['chaos-x-1']), ['chaos-x-1', 'chaos-x-2']), ['not_durable'])
})

t.test('an event that stands twice in one epoch is found', async t => {
  t.same(found(truthOf(['chaos-x-1', 'chaos-x-1'])), ['logged_twice'])
})

t.test('a hole, and an offset that changed its meaning, are found', async t => {
  const truth = truthOf(['chaos-x-1'])
  truth.note('daily', entryOf('a', 3, 'chaos-x-3'))
  truth.note('daily', entryOf('a', 1, 'chaos-x-9'))
  t.same(found(truth), ['log_broken', 'log_broken'])
})
