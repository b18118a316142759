import type { Observer, Written } from './observer.ts'
import type { Handover, Subscription } from './subscription.ts'

/** Adds up what is written, since to count each write where operators see it would cost a tenth of the write. */
export class Tally {
  readonly #observer: Observer
  #written: Written = nothing()
  #counted: Handover | undefined

  constructor(observer: Observer) {
    this.#observer = observer
  }

  handed(handover: Handover, { replaying }: Subscription): void {
    const written = this.#written
    if (replaying) written.replayed += handover.messages
    else written.live += handover.messages
    if (handover.gap !== undefined) written.gaps.push(handover.gap)
    if (handover === this.#counted) return
    this.#counted = handover
    if (!replaying && handover.appendedAt !== undefined) written.appendedAt.push(handover.appendedAt)
  }

  wrote(bytes: number): void {
    this.#written.writes++
    this.#written.bytes += bytes
  }

  tell(): void {
    this.#counted = undefined
    if (this.#written.writes === 0) return
    this.#observer.wrote(this.#written)
    this.#written = nothing()
  }
}

const nothing = (): Written => ({ writes: 0, bytes: 0, live: 0, replayed: 0, appendedAt: [], gaps: [] })
