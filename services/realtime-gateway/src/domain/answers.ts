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

/** The fifth refusal in a row cuts a client; who lives on for days and errs once in a while is forgiven one a minute. */
const PATIENCE = { burst: 4, perSecond: 1 / 60 }

/** What a client is answered, and when it has asked too much. */
export class Answers {
  readonly #options: AnswersOptions
  readonly #patience: TokenBucket
  #over = false

  constructor(options: AnswersOptions) {
    this.#options = options
    this.#patience = new TokenBucket(PATIENCE, options.now())
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

  /** Says what is wrong. @param id of the subscription that it is about */
  say(code: ProblemCode, detail: string, id?: string): void {
    const { action, temporary } = PROBLEMS[code]
    this.send({ type: 'error', code, detail, action, temporary, ...(id !== undefined && { id }) })
  }

  /** Says no. Who does not stop is cut. */
  refuse(code: ProblemCode, detail: string, id?: string): void {
    if (this.#over) return
    this.say(code, detail, id)
    const { now, close } = this.#options
    if (PROBLEMS[code].temporary || this.#patience.take(1, now())) return
    close(code === 'limit_reached' ? 'too_many_subscriptions' : 'protocol_violation', detail)
  }
}
