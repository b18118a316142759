import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import type { Writable } from 'node:stream'
import { loadSymbols } from '../load-symbols.ts'
import { ListingError } from './listing-header.ts'
import type { LoadSymbolsOptions } from './options.ts'
import { type Listing, readListing } from './read-listing.ts'
import { withSymbols } from './symbols-client.ts'
import { type Loaded, writeSymbols } from './symbols-table.ts'

/** Where a command writes: what it did, and what is wrong. */
export interface Output {
  readonly out: Pick<Writable, 'write'>
  readonly err: Pick<Writable, 'write'>
}

/**
 * Runs `load-symbols`.
 *
 * @throws ListingError when the file cannot be read or is no listing, and pg's errors
 */
export async function runLoadSymbols(
  { database, file, bars, dryRun }: LoadSymbolsOptions,
  { out, err }: Output
): Promise<void> {
  if (file === undefined) {
    out.write(`${summaryOf(await loadSymbols(database, bars))}\n`)
    return
  }
  const { rows, badLines, ignored } = listingOf(file)
  const name = basename(file)
  if (ignored.length > 0) out.write(`${name}: columns that are not needed: ${ignored.join(', ')}\n`)
  for (const { line, reason } of badLines) err.write(`${name}, line ${line}: ${reason}\n`)

  const loaded = await withSymbols(database, { keep: !dryRun }, client =>
    writeSymbols(client, rows, { onProgress: done => err.write(`${done} of ${rows.length}\n`) })
  )
  const left = badLines.length === 0 ? '' : `; ${count(badLines.length, 'bad line')} left out`
  out.write(`${dryRun ? 'Nothing was written. It would be: ' : ''}${summaryOf(loaded)}${left}\n`)
}

function listingOf(file: string): Listing {
  const text = textOf(file)
  try {
    return readListing(text)
  } catch (error) {
    if (error instanceof ListingError) throw new ListingError(`${basename(file)}: ${error.message}`)
    throw error
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new ListingError(error instanceof Error ? error.message : String(error), { cause: error })
  }
}

const summaryOf = ({ added, changed, unchanged }: Loaded): string =>
  `${count(added + changed + unchanged, 'symbol')}: ${added} added, ${changed} changed, ${unchanged} unchanged`

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`
