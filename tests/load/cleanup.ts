/** Stands where a test stands in the test kit: what is started for a benchmark ends with it, the newest first. */
export class Cleanup {
  readonly #ends: (() => unknown)[] = []

  teardown(end: () => unknown): void {
    this.#ends.push(end)
  }

  async run(): Promise<void> {
    for (const end of this.#ends.reverse()) await end()
    this.#ends.length = 0
  }
}
