import { parseArgs } from 'node:util'
import { UsageError } from '../options.ts'

export const LOAD_SYMBOLS_HELP = `load-symbols: what can be traded, loaded into the table symbols.

Usage
  npm run load-symbols -- FILE.csv [options]    load a listing of your own
  npm run load-symbols -- [options]             load the symbols that the project brings, as npm start does

FILE.csv is a table in UTF-8 whose first line names its columns, in any order and case: symbol (or ticker, code) and name (or security,
company, description); if there, also market, exchange, sector, industry and type. Others are ignored. Separated by comma,
semicolon, tab or bar. New symbols are added, others changed where the file says something else; what it leaves empty stays
as it is, and nothing is removed. A bad line is told with its number and passed over. Loading again changes nothing.

  --dry-run        say what would change, and change nothing
  --database URL   Postgres with the table symbols, as a role that may write it    (DATABASE_URL; else the database of npm start)
  --bars DIR       without a file: these symbols have real prices, the others are marked synthetic
  --help           this text
`

export interface LoadSymbolsOptions {
  readonly database: string
  /** A listing of the operator's; without it, what the project brings is loaded. */
  readonly file: string | undefined
  readonly bars: string | undefined
  readonly dryRun: boolean
}

/** @throws UsageError */
export function readLoadSymbolsOptions(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>
): LoadSymbolsOptions | 'help' {
  const { values, positionals } = parsed(args)
  if (values.help) return 'help'
  const [file, ...more] = positionals
  if (more.length > 0) throw new UsageError(`One file at a time, not also '${more.join(' ')}'`)
  if (file !== undefined && values.bars !== undefined) throw new UsageError('--bars goes without a file')
  if (file === undefined && values['dry-run']) throw new UsageError('--dry-run goes with a file')
  const database = values.database || environment['DATABASE_URL']
  if (!database) throw new UsageError('There is no database: run npm start, or name one by --database or DATABASE_URL')
  return { database, file, bars: values.bars, dryRun: values['dry-run'] ?? false }
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        database: { type: 'string' },
        bars: { type: 'string' },
        'dry-run': { type: 'boolean' },
        help: { type: 'boolean' }
      }
    })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}
