import { type Static, Type } from '@sinclair/typebox'
import { ListedSymbol, listSymbols, symbolsEntryKey } from '@tickstock/contracts'
import type { SymbolDirectory, SymbolPage, SymbolSearch } from '../../domain/symbol-directory.ts'
import type { SharedReads } from './shared-reads.ts'

/** A page of a search, as its route answers it. */
export const FoundPage = listSymbols.schema.response[200]

/** A symbol, or that there is none: who asks for one that is not listed asks again. */
export const FoundSymbol = Type.Union([ListedSymbol, Type.Null()])

/**
 * Searches up to this length are kept: what everybody types first, and what most rows match. Longer ones are answered from an index in less
 * than a millisecond, are seldom asked twice, and could be made up without end.
 */
const LONGEST_KEPT = 3

/** A directory whose commonest answers come from the cache, up to 30 s old: the producer lists once a day. */
export class CachedSymbolDirectory implements SymbolDirectory {
  readonly #directory: SymbolDirectory
  readonly #pages: SharedReads<typeof FoundPage>
  readonly #symbols: SharedReads<typeof FoundSymbol>

  constructor(
    directory: SymbolDirectory,
    pages: SharedReads<typeof FoundPage>,
    symbols: SharedReads<typeof FoundSymbol>
  ) {
    this.#directory = directory
    this.#pages = pages
    this.#symbols = symbols
  }

  async search(search: SymbolSearch): Promise<SymbolPage> {
    const { q = '', after } = search
    if (after !== undefined || q.length > LONGEST_KEPT) return this.#directory.search(search)
    const load = async () => ({ value: await this.#directory.search(search) })
    return (await this.#pages.read(symbolsEntryKey(questionOf(search)), load)).value
  }

  async find(symbol: string): Promise<ListedSymbol | undefined> {
    const load = async (): Promise<{ value: Static<typeof FoundSymbol> }> => ({
      value: (await this.#directory.find(symbol)) ?? null
    })
    return (await this.#symbols.read(symbolsEntryKey(`=${symbol}`), load)).value ?? undefined
  }
}

/** Equal searches have equal texts, and none has that of a symbol. */
const questionOf = ({ q = '', market, sector, type, limit }: SymbolSearch): string =>
  JSON.stringify([q.toLowerCase(), market ?? null, sector ?? null, type ?? null, limit])
