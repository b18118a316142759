import type { History } from './history.ts'
import type { SharedPages } from './shared-pages.ts'
import type { Need, Subscriber, Subscription } from './subscription.ts'
import { Turns } from './turns.ts'

/** Pages of the log read at a time, over all clients. More would take the log's time from the live readers. */
const CONCURRENT_READS = 4

export interface LogQuestionsOptions {
  readonly history: History
  readonly pages: SharedPages
  /** What a subscription needs after an answer; undefined when the log did not answer. */
  readonly answered: (subscription: Subscription, need: Need | undefined) => void
  readonly failed: (error: unknown) => void
}

/** What subscriptions ask the log. Sockets take turns, so that one with many subscriptions far behind holds nobody up. */
export class LogQuestions {
  readonly #options: LogQuestionsOptions
  readonly #waiting = new Turns<Subscriber, () => Promise<void> | undefined>()
  #reads = 0

  constructor(options: LogQuestionsOptions) {
    this.#options = options
  }

  ask(subscription: Subscription, what: 'page' | 'standing'): void {
    subscription.reading = true
    if (what === 'standing') {
      // Those who ask in the same turn are told by one read, so this needs no bound.
      void this.#askStanding(subscription)
      return
    }
    this.#waiting.push(subscription.subscriber, () => this.#askPage(subscription))
    this.#readOn()
  }

  #readOn(): void {
    while (this.#reads < CONCURRENT_READS) {
      const question = this.#waiting.next()
      if (question === undefined) return
      const answer = question()
      if (answer === undefined) continue
      this.#reads++
      void answer.finally(() => {
        this.#reads--
        this.#readOn()
      })
    }
  }

  /** @returns undefined when nothing has to be read: nobody asks any more, or another's read has brought it */
  #askPage(subscription: Subscription): Promise<void> | undefined {
    if (subscription.closed) return undefined
    const { pages } = this.#options
    const { log, cursor } = subscription
    if (pages.held(log.channel, cursor) !== undefined) {
      this.#goOn(subscription, 'more')
      return undefined
    }
    return this.#settle(subscription, pages.read(log.channel, cursor), page => {
      subscription.page = page
      return 'more'
    })
  }

  #askStanding(subscription: Subscription): Promise<void> {
    const asked = this.#options.history.standing(subscription.log.channel)
    return this.#settle(subscription, asked, standing => subscription.takeStanding(standing))
  }

  /** The answer is taken and gone on with in one step: whatever is done to the subscription comes before both or after. */
  async #settle<Answer>(
    subscription: Subscription,
    asked: Promise<Answer>,
    take: (answer: Answer) => Need
  ): Promise<void> {
    let answer: Answer | undefined
    try {
      answer = await asked
    } catch (error) {
      this.#options.failed(error)
    }
    if (!subscription.closed) this.#goOn(subscription, answer === undefined ? undefined : take(answer))
  }

  #goOn(subscription: Subscription, need: Need | undefined): void {
    subscription.reading = false
    this.#options.answered(subscription, need)
  }
}
