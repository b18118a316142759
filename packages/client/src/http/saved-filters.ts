import {
  createFilter,
  deleteFilter,
  getFilter,
  listFilters,
  patchFilter,
  replaceFilter,
  type SavedFilter,
  type SavedFilterDraft,
  type SavedFilterPatch
} from '@tickstock/contracts'
import type { Caller, CallOptions } from './caller.ts'
import { type ChangeOptions, type CreateOptions, ifMatch, once } from './changes.ts'

/** The saved filters of the user. All throw a RequestError. */
export class SavedFilters {
  readonly #caller: Caller

  constructor(caller: Caller) {
    this.#caller = caller
  }

  async list(options?: CallOptions): Promise<SavedFilter[]> {
    const { filters } = await this.#caller.call(listFilters, {}, options)
    return filters
  }

  create(draft: SavedFilterDraft, options: CreateOptions = {}): Promise<SavedFilter> {
    return this.#caller.call(createFilter, { body: draft, ...once(options) }, options)
  }

  get(id: string, options?: CallOptions): Promise<SavedFilter> {
    return this.#caller.call(getFilter, { params: { id } }, options)
  }

  replace(id: string, draft: SavedFilterDraft, options: ChangeOptions = {}): Promise<SavedFilter> {
    return this.#caller.call(replaceFilter, { params: { id }, body: draft, ...ifMatch(options) }, options)
  }

  patch(id: string, change: SavedFilterPatch, options: ChangeOptions = {}): Promise<SavedFilter> {
    return this.#caller.call(patchFilter, { params: { id }, body: change, ...ifMatch(options) }, options)
  }

  async delete(id: string, options: ChangeOptions = {}): Promise<void> {
    await this.#caller.call(deleteFilter, { params: { id }, ...ifMatch(options) }, options)
  }
}
