import { type FieldError, raise } from '@tickstock/contracts'
import { sql, type Transaction } from 'kysely'
import type { Tables } from './tables.ts'

/** More would help nobody: a list may have a thousand. */
const MOST_FAULTS = 20

/** Symbols that a user gave, and where they stand in what he sent. */
export interface GivenSymbols {
  readonly symbols: readonly string[]
  /** `body.symbols`, `body.add` … */
  readonly field: string
}

/**
 * Passes when the producer lists every symbol.
 *
 * @param kept those that were accepted before: one that is delisted may stay
 * @throws ProblemError `invalid_request`, naming those that are not
 */
export async function requireListed(
  transaction: Transaction<Tables>,
  { symbols, field }: GivenSymbols,
  kept: readonly string[] = []
): Promise<void> {
  const known = new Set(kept)
  const fresh = symbols.filter(symbol => !known.has(symbol))
  if (fresh.length === 0) return
  const unknown = await unlistedOf(transaction, fresh)
  if (unknown.size === 0) return
  const faults = symbols.flatMap((symbol, at): FieldError[] =>
    unknown.has(symbol) ? [{ field: `${field}.${at}`, expected: `a listed symbol, which ${symbol} is not` }] : []
  )
  raise('invalid_request', `not listed: ${[...unknown].slice(0, MOST_FAULTS).join(', ')}`, faults.slice(0, MOST_FAULTS))
}

/** Those of some symbols that the producer does not list. */
export async function unlistedOf(transaction: Transaction<Tables>, symbols: readonly string[]): Promise<Set<string>> {
  const { rows } = await sql<{ symbol: string }>`
    SELECT given.symbol FROM unnest(${symbols}::text[]) AS given (symbol)
    WHERE NOT EXISTS (SELECT FROM symbols WHERE symbols.symbol = given.symbol)
  `.execute(transaction)
  return new Set(rows.map(({ symbol }) => symbol))
}
