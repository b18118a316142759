import { readFileSync } from 'node:fs'
import { Client } from 'pg'
import { symbolsOfFolder } from './bars/folder.ts'
import { INDEX_NAME, INDEX_SYMBOL } from './bars/index-series.ts'
import { readListings } from './universe/listing.ts'
import { parseListings } from './universe/parse-listings.ts'

/** A row of the table `symbols`. */
interface SymbolRow {
  readonly symbol: string
  readonly name: string
  readonly market: 'stocks' | 'indices'
  readonly sector: string | null
  readonly synthetic: boolean
}

export interface SymbolSources {
  /** CSV file with the columns symbol, name and optionally sector: adds to the known listings, and wins over them. */
  readonly listings?: string | undefined
  /** Folder of real bars: the symbols in it have a price series that was traded. */
  readonly bars?: string | undefined
}

export interface LoadedSymbols {
  /** Rows that are in the table now because of this. */
  readonly symbols: number
  /** How many of them were new or different before. */
  readonly changed: number
}

const UPSERT = `
  insert into symbols (symbol, name, market, sector, synthetic)
  select symbol, name, market, sector, synthetic
  from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::boolean[])
       as listed (symbol, name, market, sector, synthetic)
  on conflict (symbol) do update
  set name = excluded.name, market = excluded.market, sector = coalesce(excluded.sector, symbols.sector),
      synthetic = excluded.synthetic, updated_at = now()
  where (symbols.name, symbols.market, symbols.sector, symbols.synthetic) is distinct from
        (excluded.name, excluded.market, coalesce(excluded.sector, symbols.sector), excluded.synthetic)`

/**
 * Loads the real symbols with their names into the table `symbols`, and the index (`SPX`): new ones are inserted, changed ones replaced,
 * others left as they are, in one statement. Repeating it changes nothing. A sector once known is kept when a later load does not know it.
 *
 * Every row is a real listing; `synthetic` says of its price series that it is derived: of all but the index and the symbols with bars of their own.
 *
 * @throws pg's errors, and BarsError for the CSV and the folder
 */
export async function loadSymbols(database: string, sources: SymbolSources = {}): Promise<LoadedSymbols> {
  const rows = [...symbolRows(sources).values()]
  const client = new Client({ connectionString: database, application_name: 'market-replay' })
  await client.connect()
  try {
    const { rowCount } = await client.query(UPSERT, [
      rows.map(({ symbol }) => symbol),
      rows.map(({ name }) => name),
      rows.map(({ market }) => market),
      rows.map(({ sector }) => sector),
      rows.map(({ synthetic }) => synthetic)
    ])
    return { symbols: rows.length, changed: rowCount ?? 0 }
  } finally {
    await client.end()
  }
}

function symbolRows({ listings, bars }: SymbolSources): Map<string, SymbolRow> {
  const rows = new Map<string, SymbolRow>()
  const add = (symbol: string, name: string, sector: string | null) =>
    rows.set(symbol, { symbol, name, market: 'stocks', sector, synthetic: true })
  for (const { symbol, name } of readListings()) add(symbol, name, null)
  if (listings !== undefined) {
    for (const { symbol, name, sector } of parseListings(readFileSync(listings, 'utf8'), listings)) {
      add(symbol, name, sector ?? null)
    }
  }
  for (const symbol of bars === undefined ? [] : symbolsOfFolder(bars)) {
    const { name = symbol, sector = null } = rows.get(symbol) ?? {}
    rows.set(symbol, { symbol, name, market: 'stocks', sector, synthetic: false })
  }
  return rows.set(INDEX_SYMBOL, {
    symbol: INDEX_SYMBOL,
    name: INDEX_NAME,
    market: 'indices',
    sector: null,
    synthetic: false
  })
}
