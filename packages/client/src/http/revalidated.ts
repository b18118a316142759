import type { Route } from '@tickstock/contracts'
import type { Caller, CallOptions, TaggedAnswer } from './caller.ts'
import type { AnswerOf, Parts } from './route-call.ts'

/** A route whose answer is kept, and asked for anew by its tag: while nothing changes it is the same object, and costs an empty answer. */
export class Revalidated<R extends Route> {
  readonly #caller: Caller
  readonly #route: R
  readonly #parts: Parts<R>
  #known: TaggedAnswer<AnswerOf<R>> | undefined

  constructor(caller: Caller, route: R, parts: Parts<R>) {
    this.#caller = caller
    this.#route = route
    this.#parts = parts
  }

  /** @throws RequestError */
  async read(options?: CallOptions): Promise<AnswerOf<R>> {
    const known = await this.#caller.callTagged(this.#route, this.#parts, this.#known, options)
    this.#known = known
    return known.answer
  }
}
