import type { ColumnType, Generated } from 'kysely'

/** The tables, as `migrations/` makes them. */
export interface Tables {
  readonly symbols: SymbolsTable
  readonly user_watchlists: WatchlistsTable
}

/** The producer's: never written here. */
interface SymbolsTable {
  readonly symbol: ReadOnly<string>
  readonly name: ReadOnly<string>
  readonly market: ReadOnly<string>
  readonly sector: ReadOnly<string | null>
  readonly synthetic: ReadOnly<boolean>
  readonly name_folded: ReadOnly<string>
}

interface WatchlistsTable {
  readonly id: Generated<string>
  readonly user_id: ColumnType<string, string, never>
  readonly name: string
  readonly symbols: string[]
  readonly version: Generated<number>
  readonly created_at: ColumnType<Date, never, never>
  readonly updated_at: ColumnType<Date, never, Date>
}

type ReadOnly<Value> = ColumnType<Value, never, never>
