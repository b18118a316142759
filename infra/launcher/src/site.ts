import type { DataFolder } from './data-folder.ts'
import type { Secrets } from './secrets.ts'
import type { Stack } from './stack.ts'

/** Where things are brought up: what every component needs. */
export interface Site {
  readonly folder: DataFolder
  readonly secrets: Secrets
  readonly stack: Stack
  /** Where the lines of a component go. */
  readonly log: (name: string) => (line: string) => void
}
