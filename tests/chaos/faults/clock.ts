import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Teardown, temporaryFolder } from '@tickstock/test-kit'

const PRELOADED = new URL('./shifted-clock.ts', import.meta.url)

/** The wall clock of a process that is started with this environment. */
export class ShiftedClock {
  readonly env: Readonly<Record<string, string>>
  readonly #file: string

  static async make(t: Teardown): Promise<ShiftedClock> {
    return new ShiftedClock(join(await temporaryFolder(t), 'clock'))
  }

  private constructor(file: string) {
    this.#file = file
    const options = process.env['NODE_OPTIONS'] ?? ''
    this.env = { SHIFTED_CLOCK: file, NODE_OPTIONS: `${options} --import=${PRELOADED}`.trim() }
  }

  /**
   * @param ms ahead of the true time; negative: behind
   * @param tell sends the process the signal at which it looks; without it, it looks when it starts
   */
  async shift(ms: number, tell?: (signal: NodeJS.Signals) => void): Promise<void> {
    await writeFile(this.#file, `${ms}`)
    tell?.('SIGWINCH')
  }
}
