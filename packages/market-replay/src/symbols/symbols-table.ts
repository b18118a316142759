import type { Client } from 'pg'
import type { SymbolRow } from './symbol-row.ts'

/** What became of rows. */
export interface Loaded {
  readonly added: number
  readonly changed: number
  readonly unchanged: number
}

export interface LoadOptions {
  /** False where what is there knows better: only new rows then take their name from these. Default: true. */
  readonly renames?: boolean
  /** Called as rows are done, with how many are. */
  readonly onProgress?: (done: number) => void
}

const AT_ONCE = 1_000

const LISTED = `
  unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::boolean[])
  AS listed (symbol, name, market, exchange, sector, industry, type, synthetic)`

const KNOWN = `
  CASE WHEN $9 THEN listed.name ELSE symbols.name END,
  coalesce(listed.market, symbols.market),
  coalesce(listed.exchange, symbols.exchange),
  coalesce(listed.sector, symbols.sector),
  coalesce(listed.industry, symbols.industry),
  coalesce(listed.type, symbols.type),
  coalesce(listed.synthetic, symbols.synthetic)`

const UPDATE = `
  UPDATE symbols
  SET (name, market, exchange, sector, industry, type, synthetic) = ROW (${KNOWN}), updated_at = now()
  FROM ${LISTED}
  WHERE symbols.symbol = listed.symbol
    AND (symbols.name, symbols.market, symbols.exchange, symbols.sector, symbols.industry, symbols.type, symbols.synthetic)
        IS DISTINCT FROM (${KNOWN})`

const INSERT = `
  INSERT INTO symbols (symbol, name, market, exchange, sector, industry, type, synthetic)
  SELECT symbol, name, coalesce(market, 'stocks'), exchange, sector, industry, type, coalesce(synthetic, false)
  FROM ${LISTED}
  ON CONFLICT (symbol) DO NOTHING`

/**
 * Writes rows into the table `symbols`, in a transaction of the caller's: new ones are added, others changed where they
 * say something else than is there. What they do not know stays. No symbol may come twice.
 *
 * @throws pg's errors
 */
export async function writeSymbols(
  client: Client,
  rows: readonly SymbolRow[],
  { renames = true, onProgress }: LoadOptions = {}
): Promise<Loaded> {
  let [added, changed] = [0, 0]
  for (let from = 0; from < rows.length; from += AT_ONCE) {
    const part = rows.slice(from, from + AT_ONCE)
    const columns = [
      part.map(({ symbol }) => symbol),
      part.map(({ name }) => name),
      part.map(({ market }) => market),
      part.map(({ exchange }) => exchange),
      part.map(({ sector }) => sector),
      part.map(({ industry }) => industry),
      part.map(({ type }) => type),
      part.map(({ synthetic }) => synthetic)
    ]
    changed += (await client.query(UPDATE, [...columns, renames])).rowCount ?? 0
    added += (await client.query(INSERT, columns)).rowCount ?? 0
    onProgress?.(from + part.length)
  }
  return { added, changed, unchanged: rows.length - added - changed }
}
