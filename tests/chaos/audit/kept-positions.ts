import type { Position } from '@tickstock/contracts'
import type { Finding } from './finding.ts'

/** What was seen of the positions that are kept of users: they go on, or into another epoch, and never back. */
export class KeptPositions {
  readonly #furthest = new Map<string, number>()
  readonly #withdrawn: Finding[] = []

  note(user: string, name: string, { epoch, offset }: Position): void {
    const key = JSON.stringify([user, name, epoch])
    const before = this.#furthest.get(key) ?? 0
    this.#furthest.set(key, Math.max(before, offset))
    if (offset >= before) return
    const detail = `${name} was kept at ${epoch}:${before}, then at ${epoch}:${offset}`
    this.#withdrawn.push({ kind: 'withdrawn', whose: user, detail, events: before - offset })
  }

  /** What went back since it was last asked. */
  takeWithdrawn(): Finding[] {
    return this.#withdrawn.splice(0)
  }
}
