import type { ListedSymbol } from '@tickstock/contracts'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import { MATCHES, type Match, readCursor, type SymbolCursor, writeCursor } from '../domain/symbol-cursor.ts'
import type { SymbolDirectory, SymbolPage, SymbolSearch } from '../domain/symbol-directory.ts'
import type { Database } from './database.ts'
import { SYMBOL_MATCHES } from './symbol-matches.ts'
import type { Tables } from './tables.ts'

const COLUMNS = ['symbol', 'name', 'market', 'exchange', 'sector', 'industry', 'type', 'synthetic'] as const

/**
 * How much a name looks like a search at least (pg_trgm's strict word similarity, 0 to 1). A wrong letter takes three of
 * a word's trigrams: `amazn` has 0.44 of its name, `microsft` 0.58. Long searches have more to lose, and cost more.
 */
const likenessFor = (q: string): number => (q.length <= 6 ? 0.4 : q.length <= 9 ? 0.45 : 0.5)

/** Shorter ones look like everything. */
const SHORTEST_LIKENESS = 3

export class PostgresSymbolDirectory implements SymbolDirectory {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  search({ q = '', ...rest }: SymbolSearch): Promise<SymbolPage> {
    const search = { ...rest, q: q.trim() }
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

type Search = SymbolSearch & { readonly q: string }

interface Found {
  readonly listed: ListedSymbol
  readonly place: SymbolCursor
}

interface Part {
  readonly match: Match
  readonly after: SymbolCursor | undefined
}

/** What is left of an answer after its cursor. */
function partsOf({ q, after }: Search): Part[] {
  const cursor = after === undefined ? undefined : readCursor(after)
  const possible = q === '' ? 1 : q.length < SHORTEST_LIKENESS ? 2 : 3
  return MATCHES.slice(0, possible)
    .slice(cursor ? MATCHES.indexOf(cursor.match) : 0)
    .map(match => ({ match, after: match === cursor?.match ? cursor : undefined }))
}

type Row = ListedSymbol & { readonly grade: number }

async function readPart(
  reader: Kysely<Tables>,
  { q, market, sector, type }: Search,
  { match, after }: Part,
  limit: number
): Promise<Found[]> {
  const { condition, grade } = SYMBOL_MATCHES[match](q)
  const query = sql<Row>`
    SELECT * FROM (
      SELECT ${sql.join(COLUMNS.map(column => sql.ref(column)))}, (${grade})::int AS grade
      FROM symbols
      WHERE ${condition} ${equal('market', market)} ${equal('sector', sector)} ${equal('type', type)}
    ) AS matching
    ${after === undefined ? sql`` : sql`WHERE (grade, symbol) > (${after.grade}::int, ${after.symbol})`}
    ORDER BY grade, symbol
    LIMIT ${limit}
  `
  const { rows } = match === 'similar' ? await withLikeness(reader, likenessFor(q), query) : await query.execute(reader)
  return rows.map(({ grade, ...listed }) => ({ listed, place: { match, grade, symbol: listed.symbol } }))
}

const equal = (column: 'market' | 'sector' | 'type', value: string | undefined) =>
  value === undefined ? sql`` : sql`AND lower(${sql.ref(column)}) = lower(${value})`

/**
 * The index asks a setting what alike means, so that it is made for the transaction. Before a table that was just loaded
 * is analysed, the planner may take it for a small one: to compare every name takes a hundred times as long.
 */
const withLikeness = (reader: Kysely<Tables>, likeness: number, query: RawBuilder<Row>) =>
  reader
    .transaction()
    .setAccessMode('read only')
    .execute(async transaction => {
      await sql`SELECT set_config('pg_trgm.strict_word_similarity_threshold', ${`${likeness}`}, true)`.execute(
        transaction
      )
      return query.execute(transaction)
    })
