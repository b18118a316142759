import {
  exportUniverse,
  getSymbol,
  getUniverse,
  type ImportReport,
  importUniverse,
  type ListedSymbol,
  listSectors,
  listSymbols,
  type NameConflict,
  type Pattern,
  type QueryOf,
  type Route,
  type ScanAnswer,
  type ScanQuery,
  type Sectors,
  type UniverseAnswer,
  UniverseFile
} from '@tickstock/contracts'
import { authHeaders, type Credentials } from './credentials.ts'
import { Caller, type CallOptions } from './http/caller.ts'
import { Patterns } from './http/patterns.ts'
import { Revalidated } from './http/revalidated.ts'
import { SavedFilters } from './http/saved-filters.ts'
import { Watchlists } from './http/watchlists.ts'

export interface HttpClientOptions extends Credentials {
  /** Where nginx answers, e.g. `https://patterns.example.com`; within the system the service that has the routes. */
  readonly url: string
  /** Milliseconds for a request with its retries. Default: 10,000. */
  readonly timeoutMs?: number | undefined
  /** Attempts of a request that can be repeated, where its failure is temporary. Default: 4. */
  readonly attempts?: number | undefined
}

/** As those call it who want no CSV. */
const exportUniverseFile = {
  ...exportUniverse,
  schema: { ...exportUniverse.schema, response: { ...exportUniverse.schema.response, 200: UniverseFile } }
} as const satisfies Route

const RETRIES = { firstMs: 100, longestMs: 2000 }

/** All requests to one TickStock, without the socket. They throw a `RequestError`. */
export class HttpClient {
  readonly patterns: Patterns
  readonly watchlists: Watchlists
  readonly filters: SavedFilters
  readonly #caller: Caller
  readonly #sectors: Revalidated<typeof listSectors>
  readonly #universe: Revalidated<typeof getUniverse>

  constructor(caller: Caller) {
    this.#caller = caller
    this.patterns = new Patterns(caller)
    this.watchlists = new Watchlists(caller)
    this.filters = new SavedFilters(caller)
    this.#sectors = new Revalidated(caller, listSectors, {})
    this.#universe = new Revalidated(caller, getUniverse, {})
  }

  /** The same for somebody else, e.g. whoever sent the request that is being answered. */
  as(credentials: Credentials): HttpClient {
    return new HttpClient(this.#caller.as(() => authHeaders(credentials)))
  }

  scan(query?: Omit<ScanQuery, 'view'>, options?: CallOptions): Promise<ScanAnswer> {
    return this.patterns.scan(query, options)
  }

  pattern(id: string, options?: CallOptions): Promise<Pattern> {
    return this.patterns.get(id, options)
  }

  /** One page; `next` is the `after` of the page that follows. */
  symbols(
    query: QueryOf<typeof listSymbols> = {},
    options?: CallOptions
  ): Promise<{ symbols: ListedSymbol[]; next: string | null }> {
    return this.#caller.call(listSymbols, { query }, options)
  }

  symbol(symbol: string, options?: CallOptions): Promise<ListedSymbol> {
    return this.#caller.call(getSymbol, { params: { symbol } }, options)
  }

  /** Every sector with its symbols; while nothing changes it is the same object, and costs an empty answer. */
  sectors(options?: CallOptions): Promise<Sectors> {
    return this.#sectors.read(options)
  }

  /** All that is the user's own, as it is at one moment; the same object while nothing changes. */
  universe(options?: CallOptions): Promise<UniverseAnswer> {
    return this.#universe.read(options)
  }

  /** The same as a file, to be kept or taken elsewhere: what it names means something there too. */
  exportUniverse(options?: CallOptions): Promise<UniverseFile> {
    return this.#caller.call(exportUniverseFile, { query: {} }, options)
  }

  /** Takes over all that a file has, or nothing of it; tried once. @param onConflict what is done with names that the user has */
  importUniverse(
    file: UniverseFile,
    { onConflict: on_conflict = 'skip', ...options }: CallOptions & { readonly onConflict?: NameConflict } = {}
  ): Promise<ImportReport> {
    return this.#caller.call(importUniverse, { query: { on_conflict }, body: file }, options)
  }
}

/** @throws TypeError when the url is none */
export function callerOf({ url, timeoutMs = 10_000, attempts = 4, ...credentials }: HttpClientOptions): Caller {
  return new Caller({
    url: new URL(url).href,
    headers: () => authHeaders(credentials),
    timeoutMs,
    attempts,
    backOff: RETRIES,
    random: Math.random
  })
}

/** @throws TypeError when the url is none */
export const createHttpClient = (options: HttpClientOptions): HttpClient => new HttpClient(callerOf(options))
