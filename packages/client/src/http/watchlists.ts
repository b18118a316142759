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
import { type ChangeOptions, type CreateOptions, ifMatch, once } from './changes.ts'

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

  create(draft: WatchlistDraft, options: CreateOptions = {}): Promise<Watchlist> {
    return this.#caller.call(createWatchlist, { body: draft, ...once(options) }, options)
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
