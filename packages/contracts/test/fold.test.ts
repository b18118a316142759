import t from 'tap'
import { momentOf, type PatternEvent, supersedes } from '../src/index.ts'

const pattern = {
  id: 'AAPL:Doji:daily:1',
  symbol: 'AAPL',
  pattern: 'Doji',
  channel: 'daily',
  timeframe: 'daily',
  detected_at: 1
} as const

const updated = (published_at: number): PatternEvent => ({
  id: 'u',
  published_at,
  kind: 'pattern_updated',
  pattern: {
    ...pattern,
    confidence: 1,
    price: null,
    change: null,
    indicators: {},
    expires_at: 9,
    updated_at: published_at,
    synthetic: false
  }
})
const expired = (published_at: number, ends?: number): PatternEvent => ({
  id: 'x',
  published_at,
  kind: 'pattern_expired',
  pattern,
  ...(ends === undefined ? {} : { ends })
})

t.test('what is older than what is known changes nothing', async t => {
  const live = { moment: 10, ended: false }
  t.notOk(supersedes(updated(9), live))
  t.ok(supersedes(updated(10), live), 'of equal moments the later one in the log')
  t.ok(supersedes(updated(11), live))
  t.notOk(supersedes(expired(9), live))
  t.ok(supersedes(expired(10), live))
  t.ok(supersedes(updated(1), undefined))
})

t.test('an end is undone only by what is newer', async t => {
  const ended = { moment: 10, ended: true }
  t.notOk(supersedes(updated(10), ended))
  t.ok(supersedes(updated(11), ended))
})

t.test('an end that nobody sent is of the state whose time was over, so a late prolongation counts', async t => {
  t.equal(momentOf(expired(100, 10)), 10)
  t.equal(momentOf(expired(100)), 100)
  t.ok(supersedes(updated(50), { moment: momentOf(expired(100, 10)), ended: true }))
})
