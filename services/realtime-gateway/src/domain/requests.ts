import { type ClientMessage, ProblemError, type Pull, type Refresh, type Subscribe } from '@tickstock/contracts'
import type { Answers } from './answers.ts'
import type { Asker } from './asker.ts'
import { expiryOf, lacks } from './identity.ts'
import { neededScope } from './needed-scope.ts'
import type { Observer } from './observer.ts'
import type { Passport } from './passport.ts'
import type { Subscribing } from './subscribing.ts'
import type { Subscriber } from './subscription.ts'

export interface RequestsOptions {
  readonly subscriber: Subscriber
  readonly passport: Passport
  readonly answers: Answers
  readonly subscribing: Subscribing
  readonly observer: Pick<Observer, 'failed'>
}

/** What only those may ask for who are known. */
export type Request = Exclude<ClientMessage, { readonly type: 'auth' | 'ping' }>

/** Does what a client asks for, as whoever its socket speaks for. */
export class Requests {
  readonly #options: RequestsOptions

  constructor(options: RequestsOptions) {
    this.#options = options
  }

  serve(message: Request): void {
    switch (message.type) {
      case 'subscribe':
        void this.#attempt(() => this.#subscribe(message), message.id)
        break
      case 'unsubscribe':
        this.#unsubscribe(message.id)
        break
      case 'ack':
        void this.#attempt(() => this.#options.subscribing.acknowledge(this.#asker(), message))
        break
      case 'pull':
        this.#pull(message)
        break
      case 'refresh':
        void this.#attempt(() => this.#refresh(message))
    }
  }

  async #subscribe(message: Subscribe): Promise<void> {
    this.#checkScope(message)
    const subscribed = await this.#options.subscribing.begin(this.#asker(), message)
    if (!subscribed) throw new ProblemError('limit_reached', 'too many subscriptions, or names in their filters')
  }

  /** @throws ProblemError `forbidden` where the token does not allow what is named */
  #checkScope({ filter = {} }: Subscribe): void {
    const { identity } = this.#options.passport
    const scope = neededScope(filter)
    if (scope !== undefined && identity !== undefined && lacks(identity, scope)) {
      throw new ProblemError('forbidden', `The token lacks the scope ${scope}`)
    }
  }

  #unsubscribe(id: string): void {
    const { subscribing, subscriber, answers } = this.#options
    if (subscribing.end(subscriber, id)) answers.send({ type: 'unsubscribed', id })
    else answers.say('invalid_request', `there is no subscription ${id}`, id)
  }

  #pull({ id, credits }: Pull): void {
    const { subscribing, subscriber, answers } = this.#options
    const granted = subscribing.pull(subscriber, id, credits)
    if (!granted) answers.say('invalid_request', 'pull: there is no such subscription that counts credits', id)
  }

  async #refresh({ token }: Refresh): Promise<void> {
    const { passport, subscribing, subscriber, answers } = this.#options
    const identity = await passport.renew(token, () => subscribing.needs(subscriber))
    answers.send({ type: 'refreshed', ...expiryOf(identity) })
  }

  #asker(): Asker {
    const { subscriber, passport, answers } = this.#options
    return {
      subscriber,
      user: passport.identity?.user ?? '',
      device: passport.device,
      reply: answer => answers.send(answer),
      lost: (id, { code, message }) => answers.say(code, message, id)
    }
  }

  /** @param id of the subscription that it is about */
  async #attempt(work: () => Promise<void>, id?: string): Promise<void> {
    const { answers, observer } = this.#options
    try {
      await work()
    } catch (error) {
      if (!(error instanceof ProblemError)) observer.failed(error)
      const { code, message } =
        error instanceof ProblemError ? error : new ProblemError('internal_error', 'the message could not be handled')
      answers.say(code, message, id)
    }
  }
}
