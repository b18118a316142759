import { WATCHLIST_LIMITS } from '@tickstock/contracts'
import fc from 'fast-check'
import t from 'tap'
import { editedSymbols } from '../../src/domain/edited-symbols.ts'

const ticker = fc.constantFrom(...'ABCDEFGHIJKL')
const tickers = fc.uniqueArray(ticker)

t.test('whatever is taken out and put in: each once, the rest in their order, the new ones at the end', t => {
  fc.assert(
    fc.property(tickers, tickers, tickers, (symbols, remove, add) => {
      const edited = editedSymbols(symbols, { remove, add })

      const stay = symbols.filter(symbol => !remove.includes(symbol))
      const come = add.filter(symbol => !stay.includes(symbol))
      t.strictSame(edited, [...stay, ...come])
    })
  )
  t.end()
})

t.test('an edit repeated changes nothing more', t => {
  fc.assert(
    fc.property(tickers, tickers, tickers, (symbols, remove, some) => {
      const add = some.filter(symbol => !remove.includes(symbol))
      const edited = editedSymbols(symbols, { remove, add })

      t.strictSame(editedSymbols(edited, { remove, add }), edited)
    })
  )
  t.end()
})

t.test('a move puts one right before another, or at the end, and leaves the rest in their order', t => {
  fc.assert(
    fc.property(fc.uniqueArray(ticker, { minLength: 2 }), fc.nat(), fc.nat(), (symbols, from, to) => {
      const symbol = symbols[from % symbols.length] ?? ''
      const others = symbols.filter(other => other !== symbol)
      const before = [...others, null][to % symbols.length] ?? null

      const moved = editedSymbols(symbols, { move: { symbol, before } })

      t.strictSame(
        moved.filter(other => other !== symbol),
        others
      )
      t.equal(moved[moved.indexOf(symbol) + 1] ?? null, before)
    })
  )
  t.end()
})

t.test('what is not there does not move, and nothing moves before what is not there or itself', async t => {
  const fields = (move: { symbol: string; before: string | null }) => {
    try {
      return editedSymbols(['A', 'B'], { move })
    } catch (error) {
      return error
    }
  }

  t.match(fields({ symbol: 'X', before: 'A' }), { code: 'invalid_request', errors: [{ field: 'body.move.symbol' }] })
  t.match(fields({ symbol: 'A', before: 'X' }), { code: 'invalid_request', errors: [{ field: 'body.move.before' }] })
  t.match(fields({ symbol: 'A', before: 'A' }), { code: 'invalid_request', errors: [{ field: 'body.move.before' }] })
  t.strictSame(editedSymbols(['A'], { add: ['B'], move: { symbol: 'B', before: 'A' } }), ['B', 'A'])
})

t.test('a list holds no more than the limit', async t => {
  const full = Array.from({ length: WATCHLIST_LIMITS.symbols }, (_, n) => `S${n}`)

  t.throws(() => editedSymbols(full, { add: ['X'] }), { code: 'limit_reached' })
  t.equal(editedSymbols(full, { remove: ['S0'], add: ['X', 'S1'] }).at(-1), 'X')
})
