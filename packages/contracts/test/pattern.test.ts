import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { checkOf, PatternIdentity, PatternName, patternId, SymbolName, Timestamp } from '../src/index.ts'
import { arbitraryOf } from './arbitrary.ts'

const identities = fc.record({
  symbol: arbitraryOf(SymbolName),
  pattern: arbitraryOf(PatternName),
  timeframe: fc.stringMatching(/^[a-z0-9]{1,32}$/),
  detected_at: arbitraryOf(Timestamp)
})

t.test('the id of a pattern tells apart all that makes it another pattern', async t => {
  t.equal(
    patternId({ symbol: 'BRK.B', pattern: 'Bull_Flag', timeframe: '5min', detected_at: 1_700_000_000_000 }),
    'BRK.B:Bull_Flag:5min:1700000000000'
  )
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(identities, identities, (one, other) => {
        assert.equal(patternId(one) === patternId(other), JSON.stringify(one) === JSON.stringify(other))
      })
    )
  )
})

t.test('the id of any pattern fits the schema', async t => {
  const { accepts } = checkOf(PatternIdentity)
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(identities, identity => {
        assert.ok(accepts({ ...identity, channel: 'daily', id: patternId(identity) }))
      })
    )
  )
})

t.test('symbols are written as exchanges write them', async t => {
  const { accepts } = checkOf(SymbolName)

  for (const symbol of ['A', 'AAPL', 'BRK.B', 'BF-B', '^GSPC', 'EURUSD=X', '0700.HK']) t.ok(accepts(symbol), symbol)
  for (const symbol of ['', 'aapl', 'A B', '.A', 'A'.repeat(17), 'A\n', 'A:B']) t.notOk(accepts(symbol), symbol)
})
