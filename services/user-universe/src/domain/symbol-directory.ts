import type { ListedSymbol } from '@tickstock/contracts'

export interface SymbolSearch {
  /** A symbol, its beginning, or a part of a name; in any case. */
  readonly q?: string
  readonly market?: string
  readonly sector?: string
  readonly type?: string
  /** Where the page before ended. */
  readonly after?: string
  readonly limit: number
}

export interface SymbolPage {
  readonly symbols: ListedSymbol[]
  /** The cursor of the next page, null on the last one. */
  readonly next: string | null
}

/** What can be traded, as the producer maintains it. */
export interface SymbolDirectory {
  /**
   * The symbol `q` itself, then those that begin with it, names that begin with it, names with a word that does, names
   * that have it anywhere, and names that look like it. A page goes on after the cursor's place whatever was listed or
   * delisted meanwhile: nothing that stays comes twice or is passed over.
   */
  search(search: SymbolSearch): Promise<SymbolPage>

  find(symbol: string): Promise<ListedSymbol | undefined>
}
