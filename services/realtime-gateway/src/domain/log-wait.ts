import { type Channel, raise } from '@tickstock/contracts'
import type { Pulse } from './pulse.ts'

export interface LogWaitOptions {
  readonly pulse: Pulse
  readonly now: () => number
  /** Waits for so many ms. */
  readonly pause: (ms: number) => Promise<unknown>
  /** Told of each question that the log did not answer. */
  readonly failed: (error: unknown) => void
}

/** A gateway that starts, and a Redis that restarts or fails over, are back within this. ms */
const WAIT = 2_000

/** Lets what a client asks wait until the log is available, instead of refusing it at once. */
export class LogWait {
  readonly #options: LogWaitOptions

  constructor(options: LogWaitOptions) {
    this.#options = options
  }

  /** @throws ProblemError `log_unavailable` when the log is not being read by then */
  async untilRead(channel: Channel): Promise<void> {
    const { pulse, now, pause } = this.#options
    if (pulse.isAlive(channel, now())) return
    await Promise.race([pulse.nextBeat(channel), pause(WAIT)])
    if (!pulse.isAlive(channel, now())) raise('log_unavailable', `the ${channel} log is not being read`)
  }

  /**
   * Asks again with each read of the log that succeeds.
   *
   * @throws ProblemError `log_unavailable` when there is no answer by then
   */
  async ask<Answer>(channel: Channel, question: () => Promise<Answer>): Promise<Answer> {
    const { pulse, pause, failed } = this.#options
    let late: Promise<true> | undefined
    for (;;) {
      try {
        return await question()
      } catch (error) {
        failed(error)
        late ??= pause(WAIT).then(() => true)
        const isLate = await Promise.race([late, pulse.nextBeat(channel).then(() => false)])
        if (isLate) return raise('log_unavailable', `the ${channel} log does not answer`)
      }
    }
  }
}
