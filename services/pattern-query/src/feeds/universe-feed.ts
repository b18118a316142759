import type { UniverseChange } from '@tickstock/contracts'
import type { UniverseChanges } from '@tickstock/event-log'

/** What remembers users' own. */
export interface Forgetful {
  forget(kind: UniverseChange['kind'], user: string, id: string): void
  forgetAll(): void
}

/** Drops what is remembered of a watchlist or a filter as soon as it was edited, and everything where edits may have been missed. */
export async function followUniverse(
  changes: Pick<UniverseChanges, 'signals'>,
  remembered: Forgetful,
  abort: AbortSignal
): Promise<void> {
  for await (const signal of changes.signals(abort)) {
    if (signal.kind === 'gap') remembered.forgetAll()
    else for (const { kind, user, id } of signal.changes) remembered.forget(kind, user, id)
  }
}
