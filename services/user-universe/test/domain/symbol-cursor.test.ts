import { Value } from '@sinclair/typebox/value'
import { listSymbols } from '@tickstock/contracts'
import fc from 'fast-check'
import t from 'tap'
import { MATCHES, readCursor, writeCursor } from '../../src/domain/symbol-cursor.ts'

t.test('a cursor is read as it was written, and is one that the route takes', t => {
  const grade = fc.integer({ min: 0, max: 1_000 })
  const symbol = fc.stringMatching(/^[A-Z0-9^][A-Z0-9.^=/-]{0,15}$/)
  const cursor = fc.record({ match: fc.constantFrom(...MATCHES), grade, symbol }, { noNullPrototype: true })

  fc.assert(
    fc.property(cursor, place => {
      t.strictSame(readCursor(writeCursor(place)), place)
      t.ok(Value.Check(listSymbols.schema.querystring, { after: writeCursor(place) }))
    })
  )
  t.end()
})
