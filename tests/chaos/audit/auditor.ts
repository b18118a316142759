import { CHANNELS, type Channel, type GapReason } from '@tickstock/contracts'
import { type Permitted, RecordAudit } from './audit-record.ts'
import type { Finding } from './finding.ts'
import type { SubscriptionRecord } from './record.ts'
import { monotonicTime, type Truth } from './truth.ts'

/** Audits what the subscribers of a run tell, in one part or in many. */
export class Auditor {
  readonly #truth: Truth
  readonly #permitted: Permitted
  readonly #audits = new Map<string, RecordAudit>()
  readonly #received = new Map<string, number>()
  /** Reasons of gaps that a subscriber was told. */
  readonly told = new Set<GapReason>()
  /** By channel, the offset that every subscriber had passed when it was last taken. */
  #passed: Readonly<Record<Channel, number>> = { daily: 0, intraday: 0, combo: 0 }

  constructor(truth: Truth, permitted: Permitted) {
    this.#truth = truth
    this.#permitted = permitted
  }

  get subscriptions(): number {
    return this.#audits.size
  }

  /** Events that these subscribers received. */
  received(subscribers: readonly string[]): number {
    return subscribers.reduce((sum, name) => sum + (this.#received.get(name) ?? 0), 0)
  }

  /** The log must have been looked at since the subscribers told this. */
  take(records: readonly SubscriptionRecord[]): void {
    const by = monotonicTime()
    for (const record of records) {
      const { subscriber, subscription, channel, steps } = record
      const key = JSON.stringify([subscriber, subscription, channel])
      const audit = this.#audits.get(key) ?? new RecordAudit(record, this.#truth, this.#permitted)
      this.#audits.set(key, audit)
      audit.take(steps, by)
      const events = steps.filter(([kind]) => kind === 'event').length
      this.#received.set(subscriber, events + (this.#received.get(subscriber) ?? 0))
      for (const step of steps) if (step[0] === 'gap') this.told.add(step[1])
    }
  }

  /** What was found since it was last asked. */
  takeFindings(): Finding[] {
    return [...this.#audits.values()].flatMap(audit => audit.takeFindings())
  }

  /** There is no more to take. */
  end(): void {
    for (const audit of this.#audits.values()) audit.end()
  }

  /**
   * By channel, the offset that every subscriber had passed at the last call: one that begins again from what it kept
   * does not go back further than that.
   */
  passed(): Readonly<Record<Channel, number>> {
    const before = this.#passed
    const now = { ...before }
    for (const channel of CHANNELS) {
      const own = [...this.#audits].filter(([key]) => key.endsWith(`"${channel}"]`))
      now[channel] = Math.min(...own.map(([, { position }]) => position?.offset ?? 0))
    }
    this.#passed = now
    return before
  }
}
