interface Flight<Value> {
  /** Settles with the work under way, whatever its outcome. */
  readonly ended: Promise<void>
  /** The work that follows it, for those who came meanwhile. */
  next: Promise<Value> | undefined
}

/**
 * Lets calls of one name that come at once share their work. A call never shares work that began before it: whoever has
 * written something and then reads would otherwise be given what another one had asked for before. So there is one work under
 * way, and one that waits for its end, which all who come meanwhile share.
 */
export class Flights<Value> {
  readonly #underWay = new Map<string, Flight<Value>>()
  readonly #joined: () => void

  /** @param joined told of each call that shares the work of another */
  constructor(joined: () => void) {
    this.#joined = joined
  }

  share(name: string, work: () => Promise<Value>): Promise<Value> {
    const flight = this.#underWay.get(name)
    if (flight === undefined) return this.#begin(name, work)
    if (flight.next) this.#joined()
    flight.next ??= flight.ended.then(() => this.#begin(name, work))
    return flight.next
  }

  #begin(name: string, work: () => Promise<Value>): Promise<Value> {
    const outcome = work()
    const end = () => {
      if (flight.next === undefined) this.#underWay.delete(name)
    }
    const flight: Flight<Value> = { ended: outcome.then(end, end), next: undefined }
    this.#underWay.set(name, flight)
    return outcome
  }
}
