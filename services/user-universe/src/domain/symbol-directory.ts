import type { ListedSymbol } from '@tickstock/contracts'

export interface SymbolSearch {
  /** Prefix of a symbol, or a part of a name; in any case. */
  readonly q?: string
  readonly market?: string
  readonly sector?: string
  /** The last symbol of the page before. */
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
   * Symbols that begin with `q`, in their order, then those whose name has it, in theirs. A page goes on after the
   * cursor's place whatever was listed or delisted meanwhile: nothing that stays comes twice or is passed over.
   */
  search(search: SymbolSearch): Promise<SymbolPage>

  find(symbol: string): Promise<ListedSymbol | undefined>
}
