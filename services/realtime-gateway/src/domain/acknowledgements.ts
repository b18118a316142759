import type { Channel, Position } from '@tickstock/contracts'
import {
  type AcknowledgedPositions,
  type Acknowledgement,
  furthestOf,
  type KeptName,
  type ResumePoint,
  resumePointOf
} from './acknowledged-positions.ts'
import type { History } from './history.ts'
import {
  type Acknowledger,
  type StoredPosition,
  type Waiting,
  WaitingAcknowledgements
} from './waiting-acknowledgements.ts'

/** What became of an acknowledged position: kept; of an epoch that is over; lost, so that whoever resumes is sent more than he needs. */
export const ACKNOWLEDGEMENT_OUTCOMES = ['kept', 'outdated', 'given_up'] as const

export type AcknowledgementOutcome = (typeof ACKNOWLEDGEMENT_OUTCOMES)[number]

/** Who counts. */
export interface AcknowledgementsObserver {
  settled(outcome: AcknowledgementOutcome, positions: number): void
  /** They cannot be kept now. */
  failed(error: unknown): void
  /** All that waited was written. */
  worked(): void
}

export interface AcknowledgementsOptions {
  readonly positions: AcknowledgedPositions
  readonly history: Pick<History, 'standing'>
  readonly observer: AcknowledgementsObserver
  /** Waits before what was acknowledged meanwhile is written; longer after so many failures in a row. Ends when aborted. */
  readonly pause: (failures: number, abort: AbortSignal) => Promise<void>
  /** Whether the same may succeed later. */
  readonly mayRecover: (error: unknown) => boolean
}

/** Users whose positions are written at a time: a storm of them takes no more of Redis than that. */
const CONCURRENT_WRITES = 16

/** Users with positions that wait. Beyond, he who waits longest is given up. */
const WAITING_USERS = 50_000

/** Attempts to keep what waits at the end of the process. */
const LAST_ATTEMPTS = 3

interface Claim {
  readonly waiting: Waiting
  /** The epoch of what is kept under its name, should that be over. */
  readonly over?: string
}

/**
 * Acknowledged positions on their way to where all instances see them: the newest of each waits, is written with what else its user acknowledged meanwhile, again and
 * again while that fails, and is answered when it is kept. What is lost with a process was never answered.
 */
export class Acknowledgements {
  readonly #options: AcknowledgementsOptions
  /** By user; whoever waits longest comes first. */
  readonly #waiting = new Map<string, WaitingAcknowledgements>()
  readonly #closing = new AbortController()
  #running: Promise<void> | undefined

  constructor(options: AcknowledgementsOptions) {
    this.#options = options
  }

  /** Positions that are not kept yet. */
  get waiting(): number {
    let sum = 0
    for (const { size } of this.#waiting.values()) sum += size
    return sum
  }

  /** Keeps a position soon, and then says so to whoever acknowledged it for the subscription `id`. */
  take(acknowledger: Acknowledger, id: string, acknowledgement: Acknowledgement): void {
    const ofUser = this.#waiting.get(acknowledger.user) ?? new WaitingAcknowledgements()
    this.#waiting.set(acknowledger.user, ofUser)
    const givenUp = ofUser.add(acknowledger, id, acknowledgement)
    if (givenUp > 0) this.#options.observer.settled('given_up', givenUp)
    const [longest] = this.#waiting.keys()
    if (this.#waiting.size > WAITING_USERS && longest !== undefined) this.#giveUp(longest)
    this.#running ??= this.#run()
  }

  /** A position is of an epoch that is over: there is nothing to go on after. */
  disregard(): void {
    this.#options.observer.settled('outdated', 1)
  }

  /**
   * Where a user's subscription resumes: after what this device acknowledged, or else any of the user's. A
   * device that knows how far it came has acknowledged before: what others acknowledged does not replace it.
   *
   * @returns undefined for a first visit; rejects while the store does not answer, or the log if epochs differ
   */
  async find(
    user: string,
    { device, name, channel }: KeptName,
    { anywhere, known }: { readonly anywhere: boolean; readonly known?: Position | undefined }
  ): Promise<ResumePoint | undefined> {
    const waiting = (this.#waiting.get(user)?.all() ?? [])
      .filter(one => one.name === name && one.channel === channel)
      .map(one => ({ ...one, at: Number.POSITIVE_INFINITY }))
    const all = [...(await this.#options.positions.of(user, name, channel)), ...waiting]
    const own = all.filter(one => one.device === device)
    const stored = anywhere || (own.length === 0 && known === undefined) ? all : own
    const candidates = stored.map(({ position }) => position)
    const epoch = await this.#decidingEpoch(channel, known ? [...candidates, known] : candidates)
    return resumePointOf(furthestOf(stored, epoch), known, epoch)
  }

  /** Writes what waits, in a few attempts. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    for (let failures = 0, attempts = 0; this.#waiting.size > 0; ) {
      await this.#options.pause(failures, this.#closing.signal)
      if (this.#closing.signal.aborted) attempts += 1
      if (attempts <= LAST_ATTEMPTS) failures = (await this.#writeAll()) ? 0 : failures + 1
      else for (const user of [...this.#waiting.keys()]) this.#giveUp(user)
    }
    this.#running = undefined
  }

  /** @returns false as soon as something fails that may work later */
  async #writeAll(): Promise<boolean> {
    const users = [...this.#waiting].values()
    let works = true
    const writeOn = async () => {
      for (const [user, ofUser] of users) {
        if (works && !(await this.#write(user, ofUser))) works = false
        if (!works) return
      }
    }
    await Promise.all(Array.from({ length: CONCURRENT_WRITES }, writeOn))
    if (works) this.#options.observer.worked()
    return works
  }

  async #write(user: string, ofUser: WaitingAcknowledgements): Promise<boolean> {
    const { observer, mayRecover } = this.#options
    try {
      await this.#keep(user, ofUser)
    } catch (error) {
      observer.failed(error)
      if (mayRecover(error)) return this.#postpone(user, ofUser)
      this.#giveUp(user)
    }
    if (ofUser.size === 0) this.#waiting.delete(user)
    return true
  }

  /** Others come first the next time: what fails for one user holds nobody up for long. */
  #postpone(user: string, ofUser: WaitingAcknowledgements): false {
    if (this.#waiting.delete(user)) this.#waiting.set(user, ofUser)
    return false
  }

  async #keep(user: string, ofUser: WaitingAcknowledgements): Promise<void> {
    const refused = await this.#put(
      user,
      ofUser,
      ofUser.all().map(waiting => ({ waiting }))
    )
    const renewed: Claim[] = []
    for (const claim of refused) if (await this.#isPresent(claim.waiting)) renewed.push(claim)
    const stillRefused = renewed.length > 0 ? await this.#put(user, ofUser, renewed) : []
    const outdated = [...refused.filter(claim => !renewed.includes(claim)), ...stillRefused]
    ofUser.forget(outdated.map(({ waiting }) => waiting))
    this.#options.observer.settled('outdated', outdated.length)
  }

  /** @returns those instead of which a position of another epoch is kept, with that */
  async #put(user: string, ofUser: WaitingAcknowledgements, claims: readonly Claim[]): Promise<Claim[]> {
    const outcomes = await this.#options.positions.keep(
      user,
      claims.map(({ waiting, over }) => ({ ...waiting, over }))
    )
    const kept: StoredPosition[] = []
    const refused: Claim[] = []
    for (const [at, { waiting }] of claims.entries()) {
      const outcome = outcomes[at]
      if (outcome === undefined) continue
      if ('epoch' in outcome) refused.push({ waiting, over: outcome.epoch })
      else kept.push({ waiting, stored: { ...waiting.position, offset: outcome.offset } })
    }
    ofUser.kept(kept)
    this.#options.observer.settled('kept', kept.length)
    return refused
  }

  async #isPresent({ channel, position }: Waiting): Promise<boolean> {
    return (await this.#presentEpochOf(channel)) === position.epoch
  }

  /** The epoch that decides between positions of several. The log is not asked about a single one. */
  async #decidingEpoch(channel: Channel, positions: readonly Position[]): Promise<string> {
    const [epoch = '', ...others] = new Set(positions.map(one => one.epoch))
    return others.length > 0 ? this.#presentEpochOf(channel) : epoch
  }

  /** The log is asked: what this instance has read of it may be of an epoch that is over. */
  async #presentEpochOf(channel: Channel): Promise<string> {
    const { head } = await this.#options.history.standing(channel)
    return head.epoch
  }

  #giveUp(user: string): void {
    this.#options.observer.settled('given_up', this.#waiting.get(user)?.size ?? 0)
    this.#waiting.delete(user)
  }
}
