interface Task {
  readonly work: (() => unknown) | undefined
  readonly done: () => void
}

/** Runs an application's handlers one after the other: what follows a promise waits until that has settled. */
export class Applying {
  readonly #failed: (error: unknown) => void
  #tasks: Task[] = []
  #isBusy = false
  #isStopped = false

  /** @param failed is told what a handler throws; unless it stops this, the handler's task counts as done */
  constructor(failed: (error: unknown) => void) {
    this.#failed = failed
  }

  add(work: (() => unknown) | undefined, done: () => void): void {
    if (this.#isStopped) return
    this.#tasks.push({ work, done })
    if (!this.#isBusy) this.#run()
  }

  /** What is under way or waits will not count as done. */
  stop(): void {
    this.#isStopped = true
    this.#tasks = []
  }

  #run(): void {
    this.#isBusy = true
    for (let task = this.#tasks.shift(); task !== undefined; task = this.#tasks.shift()) {
      const promise = this.#begin(task)
      if (promise === undefined) continue
      void promise.then(() => this.#run())
      return
    }
    this.#isBusy = false
  }

  #begin({ work, done }: Task): Promise<void> | undefined {
    try {
      const result = work?.()
      if (isThenable(result)) return this.#settled(result, done)
    } catch (error) {
      this.#failed(error)
    }
    if (!this.#isStopped) done()
    return undefined
  }

  async #settled(result: PromiseLike<unknown>, done: () => void): Promise<void> {
    try {
      await result
    } catch (error) {
      this.#failed(error)
    }
    if (!this.#isStopped) done()
  }
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
