import {
  type FieldError,
  type ImportReport,
  type NameConflict,
  raise,
  SAVED_FILTER_LIMITS,
  WATCHLIST_LIMITS
} from '@tickstock/contracts'
import { sql, type Transaction } from 'kysely'
import type { Placed, PlacedFile } from '../domain/placed-file.ts'
import { type Fold, type Known, planned } from '../domain/planned-item.ts'
import type { UniverseImport } from '../domain/universe-import.ts'
import type { Database } from './database.ts'
import { isDuplicate } from './database-errors.ts'
import { writeFilter, writeWatchlist } from './imported-items.ts'
import { unlistedOf } from './require-listed.ts'
import type { Tables } from './tables.ts'

export class PostgresImport implements UniverseImport {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async take(user: string, file: PlacedFile, onConflict: NameConflict): Promise<ImportReport> {
    try {
      return await this.#take(user, file, onConflict)
    } catch (error) {
      // Made here, a free name is folded as JavaScript does: for a few letters (\u0130) Postgres has another opinion.
      if (['user_watchlists_name_taken', 'user_filters_name_taken'].some(index => isDuplicate(error, index))) {
        raise('name_taken', 'a new name for one that you have is taken too: rename it in the file')
      }
      throw error
    }
  }

  #take(user: string, file: PlacedFile, onConflict: NameConflict): Promise<ImportReport> {
    return this.#database.writeAs(user, async transaction => {
      const [watchlists, filters] = [
        await known(transaction, user, 'user_watchlists'),
        await known(transaction, user, 'user_filters')
      ]
      const folded = await foldedNames(transaction, file)
      const fold = (name: string) => folded.get(name) ?? name.normalize('NFC').toLowerCase()
      refuse([
        ...repeated(file.watchlists, fold),
        ...repeated(file.filters, fold),
        ...(await unlisted(transaction, file)),
        ...homeless(file, name => watchlists.has(fold(name)), fold)
      ])
      const hasDefault = [...filters.values()].some(({ is_default }) => is_default)

      const report: ImportReport = { watchlists: [], filters: [] }
      const ids = new Map([...watchlists].map(([name, { id }]) => [name, id]))
      for (const { item } of file.watchlists) {
        const plan = planned(item.name, watchlists, fold, onConflict)
        const id = await writeWatchlist(transaction, user, plan, item.symbols)
        ids.set(fold(item.name), id)
        report.watchlists.push({ name: plan.name, id, outcome: plan.outcome })
      }
      for (const { item } of file.filters) {
        const plan = planned(item.name, filters, fold, onConflict)
        const watchlist = item.watchlist === undefined ? undefined : ids.get(fold(item.watchlist))
        const criteria = { ...item.criteria, ...(watchlist !== undefined && { watchlist }) }
        const is_default = item.is_default === true && !hasDefault
        const id = await writeFilter(transaction, user, plan, { criteria, is_default })
        report.filters.push({ name: plan.name, id, outcome: plan.outcome })
      }
      within(watchlists.size, WATCHLIST_LIMITS.perUser, 'watchlists')
      within(filters.size, SAVED_FILTER_LIMITS.perUser, 'saved filters')
      return report
    })
  }
}

/** What a user has, by folded name. */
async function known(
  transaction: Transaction<Tables>,
  user: string,
  table: 'user_watchlists' | 'user_filters'
): Promise<Map<string, Known>> {
  const isDefault = table === 'user_filters' ? sql`is_default` : sql`false`
  const { rows } = await sql<Known & { readonly folded: string }>`
    SELECT id, name, universe_name_folded(name) AS folded, ${isDefault} AS is_default
    FROM ${sql.table(table)} WHERE user_id = ${user}
  `.execute(transaction)
  return new Map(rows.map(({ folded, ...row }) => [folded, row]))
}

/** As Postgres folds them: what it takes for the same name is one. */
async function foldedNames(transaction: Transaction<Tables>, file: PlacedFile): Promise<Map<string, string>> {
  const names = [
    ...file.watchlists.map(({ item }) => item.name),
    ...file.filters.flatMap(({ item }) => [item.name, ...(item.watchlist === undefined ? [] : [item.watchlist])])
  ]
  const { rows } = await sql<{ name: string; folded: string }>`
    SELECT name, universe_name_folded(name) AS folded FROM unnest(${names}::text[]) AS given (name)
  `.execute(transaction)
  return new Map(rows.map(({ name, folded }) => [name, folded]))
}

function repeated(items: readonly Placed<{ readonly name: string }>[], fold: Fold): FieldError[] {
  const first = new Map<string, string>()
  return items.flatMap(({ place, item }) => {
    const before = first.get(fold(item.name))
    if (before === undefined) first.set(fold(item.name), place)
    return before === undefined ? [] : [{ field: `${place}.name`, expected: `another name than ${before} has` }]
  })
}

async function unlisted(transaction: Transaction<Tables>, file: PlacedFile): Promise<FieldError[]> {
  const all = new Set(file.watchlists.flatMap(({ item }) => item.symbols))
  const unknown = await unlistedOf(transaction, [...all])
  return file.watchlists.flatMap(({ place, item }) =>
    item.symbols.flatMap((symbol, at) =>
      unknown.has(symbol)
        ? [{ field: `${place}.symbols.${at}`, expected: `a listed symbol, which ${symbol} is not` }]
        : []
    )
  )
}

/** Filters whose watchlist is neither in the file nor the user's. */
function homeless({ watchlists, filters }: PlacedFile, isKnown: (name: string) => boolean, fold: Fold): FieldError[] {
  const filed = new Set(watchlists.map(({ item }) => fold(item.name)))
  return filters.flatMap(({ place, item: { watchlist } }) =>
    watchlist === undefined || filed.has(fold(watchlist)) || isKnown(watchlist)
      ? []
      : [{ field: `${place}.watchlist`, expected: 'the name of a watchlist in the file or of yours' }]
  )
}

/** A file may be wrong in a hundred thousand places. */
const MOST_FAULTS = 200

function refuse(faults: readonly FieldError[]): void {
  if (faults.length === 0) return
  raise('invalid_request', `${faults.length} things in the file cannot be taken`, faults.slice(0, MOST_FAULTS))
}

function within(count: number, limit: number, what: string): void {
  if (count > limit) raise('limit_reached', `you would have ${count} ${what}; the limit is ${limit}`)
}
