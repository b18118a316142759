import { type CloseReason, PROBLEMS, type ProblemCode } from '@tickstock/contracts'
import { type ControlMessage, frameOf } from './frames.ts'
import type { Outlet } from './outlet.ts'
import { TokenBucket } from './token-bucket.ts'
import { HIGH_WATER } from './websocket-publisher.ts'

export interface AnswersOptions {
  readonly outlet: Outlet
  readonly now: () => number
  /** Ends the session, which ends this. */
  readonly close: (reason: CloseReason, detail: string) => void
}

/** Answers outstanding to a client that asks and does not read, bytes. */
const ANSWER_BOUND = 4 * HIGH_WATER

/** The fifth violation in a row closes the connection; one a minute is forgiven. */
const VIOLATIONS = { burst: 4, perSecond: 1 / 60 }

/** What a client is answered, and when it has asked too much. */
export class Answers {
  readonly #options: AnswersOptions
  readonly #violations: TokenBucket
  #over = false

  constructor(options: AnswersOptions) {
    this.#options = options
    this.#violations = new TokenBucket(VIOLATIONS, options.now())
  }

  /** Nothing is answered any more. */
  end(): void {
    this.#over = true
  }

  send(message: ControlMessage): void {
    if (this.#over) return
    const { outlet, close } = this.#options
    if (outlet.buffered > ANSWER_BOUND) close('overloaded', 'answers are not read')
    else outlet.send(frameOf(message))
  }

  /** Refuses a well-formed request, or tells that a subscription ended. @param id of the subscription that it is about */
  say(code: ProblemCode, detail: string, id?: string): void {
    const { action, temporary } = PROBLEMS[code]
    this.send({ type: 'error', code, detail, action, temporary, ...(id !== undefined && { id }) })
  }

  /** Refuses what the protocol does not allow at all: malformed frames, messages out of order. Several close the connection. */
  violation(code: 'invalid_request' | 'unauthenticated', detail: string, id?: string): void {
    if (this.#over) return
    this.say(code, detail, id)
    const { now, close } = this.#options
    if (!this.#violations.take(1, now())) close('protocol_violation', detail)
  }
}
