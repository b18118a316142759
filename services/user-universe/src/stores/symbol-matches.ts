import { type RawBuilder, sql } from 'kysely'
import type { Match } from '../domain/symbol-cursor.ts'

/** One way to match a search: which symbols do, and how well each does, 0 being best. */
interface SymbolMatch {
  readonly condition: RawBuilder<boolean>
  readonly grade: RawBuilder<number>
}

/** Where each way leaves out what those before it have. `q` is not empty but for the first, which then has all. */
export const SYMBOL_MATCHES: Readonly<Record<Match, (q: string) => SymbolMatch>> = {
  // The symbol itself is the first of those that begin with it.
  symbol: q => ({ condition: q === '' ? sql`true` : beginsWith(q), grade: sql`0` }),

  name: q => ({
    condition: sql`name_folded LIKE lower(${`%${literal(q)}%`}) AND NOT ${beginsWith(q)}`,
    grade: sql`CASE
      WHEN name_folded LIKE lower(${`${literal(q)}%`}) THEN 0
      WHEN name_folded LIKE lower(${`% ${literal(q)}%`}) THEN 1
      ELSE 2
    END`
  }),

  similar: q => ({
    condition: sql`lower(${q}) <<% name_folded
      AND name_folded NOT LIKE lower(${`%${literal(q)}%`}) AND NOT ${beginsWith(q)}`,
    grade: sql`round((1000 * (1 - strict_word_similarity(lower(${q}), name_folded)))::numeric)`
  })
}

const beginsWith = (q: string) => sql<boolean>`symbol LIKE ${`${literal(q.toUpperCase())}%`}`

/** Text that LIKE takes for itself. */
const literal = (text: string): string => text.replaceAll(/[\\%_]/g, '\\$&')
