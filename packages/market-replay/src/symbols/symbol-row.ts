/** What is known of a symbol. What is left out is not known: what the table has of it stays. */
export interface SymbolRow {
  readonly symbol: string
  readonly name: string
  readonly market?: string | undefined
  readonly exchange?: string | undefined
  readonly sector?: string | undefined
  readonly industry?: string | undefined
  readonly type?: string | undefined
  /** Whether its price series is derived; a new one without it is traded. */
  readonly synthetic?: boolean | undefined
}

/** What a listing can say. */
export const LISTING_FIELDS = ['symbol', 'name', 'market', 'exchange', 'sector', 'industry', 'type'] as const

export type ListingField = (typeof LISTING_FIELDS)[number]

/** The columns by the names that are met, in lower case, letters and digits alone; the first that is there counts. */
export const LISTING_COLUMNS: Readonly<Record<ListingField, readonly string[]>> = {
  symbol: ['symbol', 'ticker', 'tickersymbol', 'actsymbol', 'code'],
  name: ['name', 'security', 'securityname', 'company', 'companyname', 'description'],
  market: ['market'],
  exchange: ['exchange', 'primaryexchange', 'listingexchange', 'mic'],
  sector: ['sector', 'gicssector'],
  industry: ['industry', 'subindustry', 'gicssubindustry', 'gicsindustry'],
  type: ['type', 'assettype', 'securitytype', 'instrumenttype']
}
