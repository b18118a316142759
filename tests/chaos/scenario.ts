import type { GapReason } from '@tickstock/contracts'
import type { Finding } from './audit/finding.ts'
import type { ClientProcess } from './clients/client-process.ts'
import type { Role } from './clients/role.ts'
import type { Producer } from './producer.ts'
import type { Randomness } from './randomness.ts'
import type { System, SystemOptions } from './system.ts'

/** What a scenario breaks, and with what. */
export interface Stage extends System {
  readonly random: Randomness
  readonly producer: Producer
  readonly clients: ClientProcess
  readonly cast: readonly Role[]
  /** Resolves when users have edited each of their lists again; at once where there are none. */
  readonly edited: () => Promise<void>
  /** How long a fault lasts. @param least ms, in the short form @param most ms, in the full form */
  readonly lasting: (least: number, most: number) => Promise<void>
  /** Resolves when subscribers have received so many events more: faults fall into the flow, not before it. */
  readonly flow: () => Promise<void>
  /** These leave, once what they acknowledged is kept: they miss what happens until they are reloaded. */
  readonly leave: (roles: readonly Role[]) => Promise<void>
  readonly full: boolean
}

/** One kind of fault, small and declarative: what it does, and what may come of it. */
export interface Scenario {
  readonly name: string
  /** What is broken, in one line. */
  readonly what: string
  /** Why subscribers may be told of gaps here, and somebody must be, or it broke nothing; none unless it says so. */
  readonly gaps?: readonly GapReason[]
  /** Left out where time is short: what it breaks is broken by another one too. */
  readonly onlyInFull?: boolean
  /** The system that it wants; those that want the same share one. */
  readonly system?: Partial<SystemOptions>
  /** With a crowd of plain clients besides. */
  readonly crowd?: boolean
  /** Breaks things, and mends all of them but services that do not run, which are started again after it. @returns what it found itself, if anything */
  readonly run: (stage: Stage) => Promise<readonly Finding[] | undefined> | Promise<void>
}
