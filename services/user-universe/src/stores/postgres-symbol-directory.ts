import type { ListedSymbol } from '@tickstock/contracts'
import { type ExpressionBuilder, type Kysely, sql } from 'kysely'
import type { SymbolDirectory, SymbolPage, SymbolSearch } from '../domain/symbol-directory.ts'
import type { Database } from './database.ts'
import type { Tables } from './tables.ts'

const COLUMNS = ['symbol', 'name', 'market', 'sector', 'synthetic'] as const

/** The two parts of an answer, in this order. */
const MATCHES = ['symbol', 'name'] as const

type Match = (typeof MATCHES)[number]

export class PostgresSymbolDirectory implements SymbolDirectory {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  search(search: SymbolSearch): Promise<SymbolPage> {
    return this.#database.read(async reader => {
      const found: ListedSymbol[] = []
      for (const part of partsAfterCursor(search)) {
        // One more than asked for tells whether there is a next page.
        const missing = search.limit + 1 - found.length
        if (missing > 0) found.push(...(await readPart(reader, search, part, missing)))
      }
      const symbols = found.slice(0, search.limit)
      return { symbols, next: found.length > search.limit ? (symbols.at(-1)?.symbol ?? null) : null }
    })
  }

  find(symbol: string): Promise<ListedSymbol | undefined> {
    return this.#database.read(reader =>
      reader.selectFrom('symbols').select(COLUMNS).where('symbol', '=', symbol).executeTakeFirst()
    )
  }
}

interface Part {
  readonly match: Match | undefined
  readonly after: string | undefined
}

/** What is left of an answer. The cursor says by itself in which part it stands: the first holds what begins with `q`. */
function partsAfterCursor({ q, after }: SymbolSearch): Part[] {
  if (q === undefined) return [{ match: undefined, after }]
  if (after === undefined) return MATCHES.map(match => ({ match, after: undefined }))
  if (!after.startsWith(q.toUpperCase())) return [{ match: 'name', after }]
  return [
    { match: 'symbol', after },
    { match: 'name', after: undefined }
  ]
}

function readPart(reader: Kysely<Tables>, search: SymbolSearch, part: Part, limit: number): Promise<ListedSymbol[]> {
  const { q = '', market, sector } = search
  const { match, after } = part
  return reader
    .selectFrom('symbols')
    .select(COLUMNS)
    .$if(match === 'symbol', query => query.where(eb => beginsWith(eb, q)))
    .$if(match === 'name', query => query.where(eb => eb.and([nameHas(eb, q), eb.not(beginsWith(eb, q))])))
    .$if(market !== undefined, query => query.where('market', '=', market ?? ''))
    .$if(sector !== undefined, query => query.where('sector', '=', sector ?? ''))
    .$if(after !== undefined, query => query.where('symbol', '>', after ?? ''))
    .orderBy('symbol')
    .limit(limit)
    .execute()
}

const beginsWith = (eb: ExpressionBuilder<Tables, 'symbols'>, q: string) =>
  eb('symbol', 'like', sql<string>`${`${literal(q.toUpperCase())}%`}`)

const nameHas = (eb: ExpressionBuilder<Tables, 'symbols'>, q: string) =>
  eb('name_folded', 'like', sql<string>`lower(${`%${literal(q)}%`})`)

/** Text that LIKE takes for itself. */
const literal = (text: string): string => text.replaceAll(/[\\%_]/g, '\\$&')
