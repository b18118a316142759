import {
  getPattern,
  getSymbol,
  type ListedSymbol,
  listSymbols,
  type Pattern,
  type QueryOf,
  type ScanAnswer,
  type ScanQuery
} from '@tickstock/contracts'
import { authHeaders, authMessage, type Credentials } from './credentials.ts'
import { Caller, type CallOptions } from './http/caller.ts'
import { scanFull } from './http/scans.ts'
import { Watchlists } from './http/watchlists.ts'
import { Live, type LiveRequest, type LiveSubscription } from './live.ts'
import type { LiveHandlers } from './live-handlers.ts'
import { type FollowedQuery, followScan } from './scan-filter.ts'
import type { SessionState } from './session/effect.ts'
import type { SessionCounters } from './session/session.ts'

export interface ClientOptions extends Credentials {
  /** Where nginx answers, e.g. `https://patterns.example.com`. */
  readonly url: string
  /** Milliseconds for a request with its retries. Default: 10,000. */
  readonly timeoutMs?: number | undefined
}

/** Scans, watchlists and live patterns of one TickStock. Requests throw a `RequestError`. */
export class TickstockClient {
  readonly watchlists: Watchlists
  readonly #caller: Caller
  readonly #live: Live

  /** @throws TypeError when the url is none */
  constructor({ url: base, timeoutMs = 10_000, ...credentials }: ClientOptions) {
    const url = new URL(base).href
    const random = Math.random
    const headers = () => authHeaders(credentials)
    const auth = () => authMessage(credentials)
    const retries = { baseMs: 100, capMs: 2000 }
    this.#caller = new Caller({ url, headers, timeoutMs, attempts: 4, backoff: retries, random })
    this.#live = new Live({ url, auth, random, answerWithinMs: 10_000, backoff: { baseMs: 250, capMs: 15_000 } })
    this.watchlists = new Watchlists(this.#caller)
  }

  /** State of the socket; `idle` while nothing is subscribed. */
  get state(): SessionState {
    return this.#live.state
  }

  get counters(): SessionCounters {
    return this.#live.counters
  }

  scan(query: Omit<ScanQuery, 'view'> = {}, options?: CallOptions): Promise<ScanAnswer> {
    return this.#caller.call(scanFull, { query }, options)
  }

  pattern(id: string, options?: CallOptions): Promise<Pattern> {
    return this.#caller.call(getPattern, { params: { id } }, options)
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

  /** Live events, over one socket for all subscriptions. It opens with the first and is left with the last. */
  subscribe(request: LiveRequest, handlers: LiveHandlers): LiveSubscription {
    return this.#live.subscribe(request, handlers)
  }

  /**
   * The page of patterns that live now, then everything that happens to any that match: with no gap and no overlap between the two.
   */
  async scanAndSubscribe(
    query: FollowedQuery,
    handlers: LiveHandlers,
    options?: CallOptions
  ): Promise<{ readonly answer: ScanAnswer; readonly subscription: LiveSubscription }> {
    const answer = await this.scan(query, options)
    return { answer, subscription: this.subscribe({ ...followScan(query), from: answer.positions }, handlers) }
  }

  /** Tries again at once after `stopped` or `waiting`, e.g. when a new token is here. */
  reconnect(): void {
    this.#live.reconnect()
  }

  /** Leaves the socket for good. Requests still work. */
  close(): void {
    this.#live.close()
  }
}

export const createClient = (options: ClientOptions): TickstockClient => new TickstockClient(options)
