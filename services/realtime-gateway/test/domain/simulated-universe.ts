import { raise, type ScanCriteria } from '@tickstock/contracts'
import type { Universe } from '../../src/domain/universe.ts'

/** What one user keeps, at the test's will. */
export class SimulatedUniverse implements Universe {
  readonly watchlists = new Map<string, readonly string[]>()
  readonly filters = new Map<string, ScanCriteria>()
  readonly sectors = new Map<string, readonly string[]>()
  answers = true
  looks = 0
  /** Where set, each look waits for it after it has looked. */
  gate: Promise<void> | undefined

  async watchlist(_user: string, id: string): Promise<readonly string[]> {
    return this.#look(() => this.watchlists.get(id) ?? raise('watchlist_not_found', id))
  }

  async filter(_user: string, id: string): Promise<ScanCriteria> {
    return this.#look(() => this.filters.get(id) ?? raise('filter_not_found', id))
  }

  async sector(name: string): Promise<readonly string[] | undefined> {
    return this.#look(() => [...this.sectors].find(([sector]) => sector.toLowerCase() === name)?.[1])
  }

  async #look<Answer>(find: () => Answer): Promise<Answer> {
    this.looks++
    if (!this.answers) raise('universe_unavailable', 'away')
    const found = find()
    await this.gate
    return found
  }
}
