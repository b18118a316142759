import type { PositionStore, Positions } from './position-store.ts'
import { report } from './report.ts'

/** Milliseconds between two savings. */
const SAVE_MS = 250

/** A page tells when it is left; Node has no such thing. */
const page: { readonly addEventListener?: Listening; readonly removeEventListener?: Listening } = Object(globalThis)

type Listening = (type: 'pagehide', listener: () => void) => void

/** Saves what was applied, from time to time, at the end, and when the page is left. */
export class Keeping {
  readonly #store: PositionStore
  readonly #key: string
  readonly #positions: () => Positions
  #timer: ReturnType<typeof setTimeout> | undefined
  #isSaving = false
  #isDirty = false
  #isEnding = false

  constructor({ store, key }: { readonly store: PositionStore; readonly key: string }, positions: () => Positions) {
    this.#store = store
    this.#key = key
    this.#positions = positions
    page.addEventListener?.('pagehide', this.#leave)
  }

  changed(): void {
    this.#isDirty = true
    if (!this.#isSaving) this.#timer ??= setTimeout(() => void this.#save(), SAVE_MS)
  }

  /** Saves now, or as soon as what is being saved has settled. */
  end(): void {
    this.#isEnding = true
    page.removeEventListener?.('pagehide', this.#leave)
    if (!this.#isSaving && this.#isDirty) void this.#save()
  }

  /** A page that is left waits for nothing: what is not saved now is not saved. */
  readonly #leave = (): void => {
    if (this.#isDirty) void this.#save()
  }

  async #save(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#isSaving = true
    this.#isDirty = false
    try {
      await this.#store.save(this.#key, this.#positions())
    } catch (error) {
      report(error)
    }
    this.#isSaving = false
    if (!this.#isDirty) return
    if (this.#isEnding) void this.#save()
    else this.changed()
  }
}
