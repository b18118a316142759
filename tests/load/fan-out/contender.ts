import type { Cleanup } from '../cleanup.ts'
import type { Dialect } from './dialects.ts'

/** What brings events to a crowd. */
export interface Target {
  readonly url: string
  readonly dialect: Dialect
  /** The process that writes to the sockets. */
  readonly pid: number
  /** Events a second from now on; 0 is silence. */
  readonly publish: (rate: number) => void
}

export interface Contender {
  readonly name: string
  readonly start: (cleanup: Cleanup) => Promise<Target>
}
