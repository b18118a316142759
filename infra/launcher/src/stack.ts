import { Keeper, type Running } from './keeper.ts'

/** What has been started, in order; closed in reverse. */
export class Stack {
  readonly #keepers: Keeper[] = []
  readonly #replaceable: Keeper[] = []
  readonly #onNote: (note: string) => void
  readonly #closing = new AbortController()
  #closed: Promise<void> | undefined
  #replacing: Promise<void> | undefined

  /** @param onNote told in words of each process that ended unexpectedly and was started again */
  constructor(onNote: (note: string) => void) {
    this.#onNote = onNote
  }

  /**
   * Starts something, and keeps it running until the stack is closed. What goes wrong at the first start is thrown.
   *
   * @param options `replaceable`: two of it can run side by side. Default: false.
   */
  async keep<Started extends Running>(
    name: string,
    start: () => Promise<Started>,
    { replaceable = false }: { readonly replaceable?: boolean } = {}
  ): Promise<void> {
    this.closing.throwIfAborted()
    const keeper = new Keeper({ name, start, onNote: this.#onNote })
    this.#keepers.push(keeper)
    if (replaceable) this.#replaceable.push(keeper)
    await keeper.start()
  }

  /** Replaces each process that can be replaced, one at a time. Called again meanwhile, it waits for the same end. */
  replace(): Promise<void> {
    this.#replacing ??= this.#replaceEach().finally(() => {
      this.#replacing = undefined
    })
    return this.#replacing
  }

  async #replaceEach(): Promise<void> {
    for (const keeper of this.#replaceable) await keeper.replace()
  }

  /** Aborted when everything is to stop: nothing more is started. */
  get closing(): AbortSignal {
    return this.#closing.signal
  }

  /** Pids of what runs now, by name. */
  get pids(): Readonly<Record<string, number | undefined>> {
    return Object.fromEntries(this.#keepers.map(({ name, pid }) => [name, pid]))
  }

  /** Stops everything, the newest first. Called again, it waits for the same end. */
  close(): Promise<void> {
    this.#closing.abort(new Error('everything is being stopped'))
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    for (const keeper of this.#keepers.toReversed()) await keeper.stop()
  }
}
