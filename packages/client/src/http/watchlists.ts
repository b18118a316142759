import {
  createWatchlist,
  deleteWatchlist,
  getWatchlist,
  listWatchlists,
  patchWatchlist,
  replaceWatchlist,
  type Watchlist,
  type WatchlistDraft,
  type WatchlistPatch
} from '@tickstock/contracts'
import type { Caller, CallOptions } from './caller.ts'

export interface ChangeOptions extends CallOptions {
  /** The `version` that the change is based on: one that was made meanwhile is then refused as `version_mismatch`. */
  readonly version?: number | undefined
}

const ifMatch = ({ version }: ChangeOptions) =>
  version === undefined ? {} : { headers: { 'if-match': `"${version}"` } }

/** The watchlists of the user. All throw a RequestError. */
export class Watchlists {
  readonly #caller: Caller

  constructor(caller: Caller) {
    this.#caller = caller
  }

  async list(options?: CallOptions): Promise<Watchlist[]> {
    const { watchlists } = await this.#caller.call(listWatchlists, {}, options)
    return watchlists
  }

  create(draft: WatchlistDraft, options?: CallOptions): Promise<Watchlist> {
    return this.#caller.call(createWatchlist, { body: draft }, options)
  }

  get(id: string, options?: CallOptions): Promise<Watchlist> {
    return this.#caller.call(getWatchlist, { params: { id } }, options)
  }

  replace(id: string, draft: WatchlistDraft, options: ChangeOptions = {}): Promise<Watchlist> {
    return this.#caller.call(replaceWatchlist, { params: { id }, body: draft, ...ifMatch(options) }, options)
  }

  patch(id: string, change: WatchlistPatch, options: ChangeOptions = {}): Promise<Watchlist> {
    return this.#caller.call(patchWatchlist, { params: { id }, body: change, ...ifMatch(options) }, options)
  }

  async delete(id: string, options: ChangeOptions = {}): Promise<void> {
    await this.#caller.call(deleteWatchlist, { params: { id }, ...ifMatch(options) }, options)
  }
}
