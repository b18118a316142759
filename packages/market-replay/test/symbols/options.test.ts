import t from 'tap'
import { readLoadSymbolsOptions } from '../../src/symbols/options.ts'

const read = (line: string, environment = {}) => readLoadSymbolsOptions(line.split(' ').filter(Boolean), environment)

t.test('what is said counts before the environment', async t => {
  const environment = { DATABASE_URL: 'postgres://a' }

  t.strictSame(read('', environment), { database: 'postgres://a', file: undefined, bars: undefined, dryRun: false })
  t.strictSame(read('own.csv --dry-run --database postgres://b', environment), {
    database: 'postgres://b',
    file: 'own.csv',
    bars: undefined,
    dryRun: true
  })
  t.match(read('--bars dir', environment), { bars: 'dir' })
  t.equal(read('--help'), 'help')
})

t.test('what cannot be is refused with the reason', async t => {
  const refused = (line: string, message: RegExp) => t.throws(() => read(line, {}), { name: 'UsageError', message })

  refused('own.csv', /DATABASE_URL/)
  refused('a.csv b.csv', /One file at a time/)
  refused('a.csv --bars dir', /--bars goes without a file/)
  refused('--dry-run', /--dry-run goes with a file/)
  refused('--nonsense', /nonsense/)
})
