import type { PatternEvent } from '@tickstock/contracts'
import { type DuePattern, identityOf, type PatternView } from '../domain/view/pattern-view.ts'

export interface ExpiryFeedOptions {
  readonly view: Pick<PatternView, 'nextDue' | 'takeDue' | 'putOffDue'>
  /** Resolves once the event stands in the log. */
  readonly append: (event: PatternEvent) => Promise<void>
  /** ms. Default: the system's. */
  readonly now?: () => number
  /** How long the log may take to bring an expiry back that stands in it, before it is issued again, ms. */
  readonly retryMs?: number
}

/** Appended at once. */
const MOST = 1_000

/** The longest that a timer can wait, ms. */
const LONGEST_TIMER = 2 ** 31 - 1

/**
 * Ends patterns whose time is over. Every replica issues the expiry under the same id, so the log has it once.
 * One timer, set to the next that is due; nothing is polled.
 */
export class ExpiryFeed {
  readonly #options: Required<ExpiryFeedOptions>
  #timer: NodeJS.Timeout | undefined
  #timerAt = Number.POSITIVE_INFINITY
  #issuing = false
  #stopped = false

  constructor({ now = Date.now, retryMs = 5_000, ...options }: ExpiryFeedOptions) {
    this.#options = { now, retryMs, ...options }
  }

  /** To be called when the view has changed. */
  wake(): void {
    const { view, now } = this.#options
    const due = view.nextDue
    // While expiries wait for Redis, no more are taken: that bounds them.
    if (due === undefined || this.#issuing || this.#stopped || due >= this.#timerAt) return
    clearTimeout(this.#timer)
    this.#timerAt = due
    this.#timer = setTimeout(() => void this.#issue(), Math.min(LONGEST_TIMER, Math.max(0, due - now())))
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  async #issue() {
    const { view, append, now, retryMs } = this.#options
    this.#timerAt = Number.POSITIVE_INFINITY
    this.#issuing = true
    const at = now()
    await Promise.all(view.takeDue(at, at + retryMs, MOST).map(due => append(expiryOf(due, at))))
    // While Redis is away that takes as long as it is: the log has had no time yet to bring them back.
    view.putOffDue(now() + retryMs)
    this.#issuing = false
    this.wake()
  }
}

/**
 * The end of this state of the pattern, and of no newer one: an update that was on its way prolongs it all the same. Every replica that sees this state gives
 * its end this id; one that comes to life again has another state, and so its end another id. An end that the log had, and does not bring back, as where
 * Redis lost it, is issued as another attempt, which counts up on every replica alike.
 */
function expiryOf({ pattern, attempt }: DuePattern, published_at: number): PatternEvent {
  const again = attempt === 0 ? '' : `:${attempt}`
  return {
    id: `expired:${pattern.id}:${pattern.expires_at}:${pattern.updated_at}${again}`,
    published_at,
    kind: 'pattern_expired',
    pattern: identityOf(pattern),
    ends: pattern.updated_at
  }
}
