import type { GapReason } from '@tickstock/contracts'
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
  /** How long a fault lasts. @param least ms, in the short form @param most ms, in the full form */
  readonly lasting: (least: number, most: number) => Promise<void>
  /** Resolves when subscribers have received so many events more: faults fall into the flow, not before it. */
  readonly flow: () => Promise<void>
  readonly full: boolean
}

/** One kind of fault, small and declarative: what it does, and what may come of it. */
export interface Scenario {
  readonly name: string
  /** What is broken, in one line. */
  readonly what: string
  /** Why subscribers may be told of gaps here; none unless it says so. */
  readonly gaps?: readonly GapReason[]
  /** Redis loses what it had said: a producer's durable events too, and what was acknowledged. */
  readonly forgets?: boolean
  /** The system that it wants; those that want the same share one. */
  readonly system?: Partial<SystemOptions>
  /** With a crowd of plain clients besides. */
  readonly crowd?: boolean
  /** Breaks things, and mends all of them but services that do not run, which are started again after it. */
  readonly run: (stage: Stage) => Promise<void>
}
