import type { ListedSymbol } from '@tickstock/contracts'
import { type ExpressionBuilder, type Kysely, type SelectQueryBuilder, sql } from 'kysely'
import { MATCHES, type Match, readCursor, type SymbolCursor, writeCursor } from '../domain/symbol-cursor.ts'
import type { SymbolDirectory, SymbolPage, SymbolSearch } from '../domain/symbol-directory.ts'
import type { Database } from './database.ts'
import type { Tables } from './tables.ts'

const COLUMNS = ['symbol', 'name', 'market', 'exchange', 'sector', 'industry', 'type', 'synthetic'] as const

/** A name looks like a search from here on (pg_trgm's word similarity, 0 to 1): `microsft` has 0.58, `amazn` 0.44. */
const LIKENESS = 0.4

/** Shorter ones look like everything. */
const SHORTEST_LIKENESS = 3

export class PostgresSymbolDirectory implements SymbolDirectory {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  search(search: SymbolSearch): Promise<SymbolPage> {
    return this.#database.read(async reader => {
      const found: Found[] = []
      for (const part of partsOf(search)) {
        // One more than asked for tells whether there is a next page.
        const missing = search.limit + 1 - found.length
        if (missing > 0) found.push(...(await readPart(reader, search, part, missing)))
      }
      const page = found.slice(0, search.limit)
      const last = page.at(-1)
      return {
        symbols: page.map(({ listed }) => listed),
        next: last && found.length > search.limit ? writeCursor(last.place) : null
      }
    })
  }

  find(symbol: string): Promise<ListedSymbol | undefined> {
    return this.#database.read(reader =>
      reader.selectFrom('symbols').select(COLUMNS).where('symbol', '=', symbol).executeTakeFirst()
    )
  }
}

interface Found {
  readonly listed: ListedSymbol
  readonly place: SymbolCursor
}

interface Part {
  readonly match: Match
  readonly after: SymbolCursor | undefined
}

/** What is left of an answer after its cursor. */
function partsOf({ q = '', after }: SymbolSearch): Part[] {
  const cursor = after === undefined ? undefined : readCursor(after)
  const possible = q === '' ? 1 : q.length < SHORTEST_LIKENESS ? 2 : 3
  return MATCHES.slice(0, possible)
    .slice(cursor ? MATCHES.indexOf(cursor.match) : 0)
    .map(match => ({ match, after: match === cursor?.match ? cursor : undefined }))
}

async function readPart(
  reader: Kysely<Tables>,
  search: SymbolSearch,
  { match, after }: Part,
  limit: number
): Promise<Found[]> {
  const matching = PARTS[match](restricted(reader, search), search.q ?? '')
  const page = reader
    .selectFrom(matching.as('matching'))
    .selectAll()
    .$if(after !== undefined, query =>
      query.where(sql<boolean>`(grade, symbol) > (${after?.grade ?? 0}::int, ${after?.symbol ?? ''})`)
    )
    .orderBy('grade')
    .orderBy('symbol')
    .limit(limit)
  const rows = match === 'similar' ? await withLikeness(reader, page) : await page.execute()
  return rows.map(({ grade, ...listed }) => ({ listed, place: { match, grade, symbol: listed.symbol } }))
}
