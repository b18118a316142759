import type { FiledFilter } from '@tickstock/contracts'
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import t from 'tap'
import { nameFaults } from '../../src/domain/item-name.ts'
import { placedOf } from '../../src/domain/placed-file.ts'
import { readCsv, writeCsv } from '../../src/domain/universe-csv.ts'

const name = fc
  .string({ unit: fc.constantFrom(...'=+-@\'",; \u00e9\u534a\ud83d\ude80aB'), minLength: 1, maxLength: 20 })
  .filter(text => text.trim() !== '' && nameFaults(text, '').length === 0)
const symbols = fc.uniqueArray(fc.constantFrom('AAPL', 'BRK.B', '^GSPC', '0001', 'A-B'))
const criteria = fc.constantFrom<FiledFilter['criteria']>({}, { rs_min: 1.5, symbols: ['A,"B"'] })
const file = fc.record(
  {
    watchlists: fc.array(fc.record({ name, symbols }, { noNullPrototype: true }), { maxLength: 5 }),
    filters: fc.array(
      fc.record(
        {
          name,
          criteria: criteria,
          watchlist: name,
          is_default: fc.boolean()
        },
        { requiredKeys: ['name', 'criteria', 'is_default'], noNullPrototype: true }
      ),
      { maxLength: 5 }
    )
  },
  { noNullPrototype: true }
)

t.test('whatever is written is read as it was, and no cell is a formula', t => {
  fc.assert(
    fc.property(file, given => {
      const text = writeCsv(given)
      const read = readCsv(text)

      t.strictSame(
        read.watchlists.map(({ item }) => item),
        placedOf(given).watchlists.map(({ item }) => item)
      )
      t.strictSame(
        read.filters.map(({ item }) => item),
        placedOf(given).filters.map(({ item }) => item)
      )
      const cells: string[][] = parse(text)
      t.notOk(cells.flat().some(cell => /^[=+\-@]/.test(cell)))
    }),
    { numRuns: 50 }
  )
  t.end()
})

t.test('refuses a file with more lines, columns or items than a universe can have', t => {
  for (const text of [
    `kind,name\n${'\n'.repeat(2_000_000)}`,
    `kind,name,${'x,'.repeat(1_000_000)}`,
    `kind,name\n${'a,b\n'.repeat(500_000)}`,
    `kind,name\n${'a,b\n'.repeat(3_000)}`
  ]) {
    t.throws(() => readCsv(text), { name: 'ProblemError' })
  }

  const lists = Array.from({ length: 101 }, (_, n) => `watchlist,list ${n}\n`).join('')
  t.throws(() => readCsv(`kind,name\n${lists}`), { code: 'limit_reached' })
  t.throws(() => readCsv(`kind,name\n${lists.replaceAll('watchlist', 'filter')}`), { code: 'limit_reached' })
  t.end()
})
