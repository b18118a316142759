import type { ProblemError } from '@tickstock/contracts'
import type { ControlMessage } from './frames.ts'
import type { Subscriber } from './subscription.ts'

/** Who subscribes, and how he is answered. */
export interface Asker {
  readonly subscriber: Subscriber
  readonly user: string
  /** Which of the user's devices; undefined where he does not say. */
  readonly device: string | undefined
  readonly reply: (answer: ControlMessage) => void
  /** A subscription has ended: what it follows is gone. */
  readonly lost: (id: string, problem: ProblemError) => void
}
