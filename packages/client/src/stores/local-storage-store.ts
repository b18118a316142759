import type { PositionStore, Positions } from '../position-store.ts'
import { furthest, readPositions } from './read-positions.ts'

export interface LocalStorageStoreOptions {
  /** Told, once, why positions cannot be kept: storage is full, or forbidden. They then live as long as the page. Default: `console.warn`. */
  readonly onFailure?: ((error: unknown) => void) | undefined
}

/**
 * Positions that outlive a page. Each tab has its own in `sessionStorage`: reloaded, it goes on where it was itself, whatever other tabs do. The furthest of
 * all tabs stand in `localStorage`: there a new tab begins, and the first one of another day.
 *
 * Of two tabs that write at the same moment one may not be counted: a new tab then gets a few events again, and loses none.
 */
export function localStorageStore({ onFailure = warn }: LocalStorageStoreOptions = {}): PositionStore {
  const inPage = new Map<string, Positions>()
  let failed = false
  const attempt = <Result>(use: () => Result): Result | undefined => {
    try {
      return use()
    } catch (error) {
      if (!failed) onFailure(error)
      failed = true
      return undefined
    }
  }
  const read = (storage: Storage, key: string) => {
    const text = storage.getItem(nameOf(key))
    return text === null ? undefined : readPositions(JSON.parse(text))
  }
  const write = (storage: Storage, key: string, positions: Positions) =>
    storage.setItem(nameOf(key), JSON.stringify(positions))
  return {
    load: key => inPage.get(key) ?? attempt(() => read(sessionStorage, key)) ?? attempt(() => read(localStorage, key)),
    save(key, positions) {
      inPage.set(key, positions)
      attempt(() => write(sessionStorage, key, positions))
      const known = attempt(() => read(localStorage, key)) ?? {}
      attempt(() => write(localStorage, key, furthest(known, positions)))
    }
  }
}

const nameOf = (key: string): string => `tickstock:${key}`

const warn = (error: unknown): void => console.warn('positions are not kept:', error)
