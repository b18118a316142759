import type { Channel } from '@tickstock/contracts'
import type {
  AcknowledgedPositions,
  Acknowledgement,
  Kept,
  KeptPosition
} from '../../src/domain/acknowledged-positions.ts'

/** What users acknowledged, in memory, by the rules that Redis keeps: at the test's will. */
export class SimulatedPositions implements AcknowledgedPositions {
  readonly kept = new Map<string, Acknowledgement & { readonly at: number }>()
  /** What `keep` was asked for, by user. */
  readonly writes: { readonly user: string; readonly positions: number }[] = []
  /** Thrown instead of an answer. */
  failure: Error | undefined
  /** The failure that no repetition mends. */
  readonly hopeless = new Error('a wrong type')
  /** Where set, each write waits for it. */
  gate: Promise<void> | undefined
  #open: (() => void) | undefined
  #time = 0

  /** Writes wait from now on. */
  hold(): void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#open?.()
    this.gate = promise
    this.#open = resolve
  }

  /** It answers again, those too who waited. */
  heal(): void {
    this.failure = undefined
    this.gate = undefined
    this.#open?.()
  }

  async of(user: string, name: string, channel: Channel): Promise<readonly KeptPosition[]> {
    if (this.failure) throw this.failure
    return [...this.kept]
      .filter(([key, one]) => key.startsWith(`${user} `) && one.name === name && one.channel === channel)
      .map(([, { device, position, at }]) => ({ device, position, at }))
  }

  async keep(user: string, these: readonly (Acknowledgement & { over?: string | undefined })[]): Promise<Kept[]> {
    this.writes.push({ user, positions: these.length })
    await this.gate
    if (this.failure) throw this.failure
    return these.map(({ device, name, channel, position, over }) => {
      const key = `${user} ${device} ${name} ${channel}`
      const before = this.kept.get(key)?.position
      if (before && before.epoch !== position.epoch && before.epoch !== over) return { epoch: before.epoch }
      if (before?.epoch === position.epoch && before.offset > position.offset) return { offset: before.offset }
      this.kept.set(key, { device, name, channel, position, at: ++this.#time })
      return { offset: position.offset }
    })
  }
}
