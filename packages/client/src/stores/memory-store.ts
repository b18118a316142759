import type { PositionStore, Positions } from '../position-store.ts'

/** Positions that live as long as the program: for tests, and to resume a subscription that ended. */
export function memoryStore(): PositionStore {
  const kept = new Map<string, Positions>()
  return {
    load: key => kept.get(key),
    save: (key, positions) => kept.set(key, positions)
  }
}
