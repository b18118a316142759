import type { Imported, NameConflict } from '@tickstock/contracts'

/** What a user has under a name. */
export interface Known {
  readonly id: string
  readonly name: string
  readonly is_default: boolean
}

/** What becomes of an item of a file: under which name, and in whose place. */
export interface PlannedItem {
  readonly name: string
  readonly outcome: Imported['outcome']
  readonly known: Known | undefined
}

/** Names that are the same fold to the same. */
export type Fold = (name: string) => string

/**
 * Decides what becomes of an item, and takes its name: of two that are renamed each gets its own.
 *
 * @param taken by folded name
 */
export function planned(name: string, taken: Map<string, Known>, fold: Fold, onConflict: NameConflict): PlannedItem {
  const known = taken.get(fold(name))
  if (known && onConflict === 'skip') return { name: known.name, outcome: 'skipped', known }
  if (known && onConflict === 'replace') return { name, outcome: 'replaced', known }
  const free = known ? freeName(name, other => taken.has(fold(other))) : name
  taken.set(fold(free), { id: '', name: free, is_default: false })
  return { name: free, outcome: known ? 'renamed' : 'added', known: undefined }
}

const LONGEST = 100

/** `Tech (2)` */
function freeName(name: string, isTaken: (name: string) => boolean): string {
  for (let count = 2; ; count += 1) {
    const suffix = ` (${count})`
    const free =
      [...name]
        .slice(0, LONGEST - suffix.length)
        .join('')
        .trimEnd() + suffix
    if (!isTaken(free)) return free
  }
}
