import t from 'tap'
import { feedKey } from '../src/feed-key.ts'

t.test('filters that let the same pass have one key', async t => {
  t.equal(feedKey('daily', {}), feedKey('daily'))
  t.equal(
    feedKey('daily', { symbols: ['A', 'B'], pattern_types: ['Doji'], rs_min: 1 }),
    feedKey('daily', { rs_min: 1, pattern_types: ['doji'], symbols: ['B', 'A', 'A'] })
  )
  for (const other of [{ symbols: ['A'] }, { pattern_types: ['A', 'B'] }, { symbols: ['A', 'B'], rs_min: 1 }]) {
    t.not(feedKey('daily', { symbols: ['A', 'B'] }), feedKey('daily', other))
  }
  t.not(feedKey('daily'), feedKey('combo'))
})
