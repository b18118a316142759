import t from 'tap'
import { requireSectors, sectorNames, sectorsBySymbol } from '../../src/domain/sectors.ts'

const sectors = { Technology: ['AAPL', 'MSFT'], 'Health Care': ['JNJ'] }

t.test('sectors are known whatever their case, and symbols by theirs', t => {
  t.doesNotThrow(() => requireSectors(sectorNames(sectors), ['technology', 'health care']))
  t.same(
    [...sectorsBySymbol(sectors)],
    [
      ['AAPL', 'technology'],
      ['MSFT', 'technology'],
      ['JNJ', 'health care']
    ]
  )
  t.end()
})

t.test('a refusal names what does not exist, and what does', t => {
  t.throws(() => requireSectors(sectorNames(sectors), ['tech', 'technology', 'x']), {
    code: 'invalid_request',
    message: 'There is no sector tech, x',
    errors: [{ field: 'query.sectors', expected: 'sectors of the symbols table: Health Care, Technology' }]
  })
  const many = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`S${n + 10}`, []]))
  t.throws(() => requireSectors(sectorNames(many), ['tech']), {
    errors: [{ expected: /^sectors of the symbols table: S10, .* S29 and 10 more$/ }]
  })
  t.throws(() => requireSectors(sectorNames({}), ['tech']), {
    code: 'invalid_request',
    errors: [{ expected: /no symbol has a sector/ }]
  })
  t.end()
})

t.test('before they are known nobody can say', t => {
  t.throws(() => requireSectors(undefined, ['technology']), { code: 'universe_unavailable' })
  t.end()
})
