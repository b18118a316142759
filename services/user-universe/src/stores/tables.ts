import type { ScanCriteria } from '@tickstock/contracts'
import type { ColumnType, Generated, GeneratedAlways } from 'kysely'

/** The tables, as `migrations/` makes them. */
export interface Tables {
  readonly symbols: SymbolsTable
  readonly user_watchlists: WatchlistsTable
  readonly user_filters: FiltersTable
  readonly universe_outbox: OutboxTable
  readonly idempotency_keys: IdempotencyKeysTable
}

/** The producer's: never written here. */
interface SymbolsTable {
  readonly symbol: ReadOnly<string>
  readonly name: ReadOnly<string>
  readonly market: ReadOnly<string>
  readonly exchange: ReadOnly<string | null>
  readonly sector: ReadOnly<string | null>
  readonly industry: ReadOnly<string | null>
  readonly type: ReadOnly<string | null>
  readonly synthetic: ReadOnly<boolean>
  readonly name_folded: ReadOnly<string>
}

/** What every table of users' items has. */
interface ItemTable {
  readonly id: Generated<string>
  readonly user_id: ColumnType<string, string, never>
  readonly name: string
  readonly version: Generated<number>
  readonly created_at: ColumnType<Date, never, never>
  readonly updated_at: ColumnType<Date, never, Date>
}

interface WatchlistsTable extends ItemTable {
  readonly symbols: string[]
}

interface FiltersTable extends ItemTable {
  /** Written as JSON. */
  readonly criteria: ColumnType<ScanCriteria, string, string>
  readonly is_default: Generated<boolean>
  /** The one that the criteria name. */
  readonly watchlist_id: GeneratedAlways<string | null>
}

/** Written by triggers, taken by the relay. */
interface OutboxTable {
  /** A bigint, which pg gives as text. */
  readonly id: ReadOnly<string>
  readonly user_id: ReadOnly<string>
  readonly kind: ReadOnly<'watchlist' | 'filter'>
  readonly item_id: ReadOnly<string>
  readonly version: ReadOnly<number>
  readonly deleted: ReadOnly<boolean>
  readonly at: ReadOnly<Date>
}

interface IdempotencyKeysTable {
  readonly user_id: ColumnType<string, string, never>
  readonly key: ColumnType<string, string, never>
  readonly request: ColumnType<Buffer, Buffer, never>
  /** Written as JSON. */
  readonly answer: ColumnType<unknown, string, never>
  readonly created_at: ColumnType<Date, never, never>
}

type ReadOnly<Value> = ColumnType<Value, never, never>
