import { type Channel, type Position, raise, type Scope, SOCKET_LIMITS } from '@tickstock/contracts'
import type { KeptName } from './acknowledged-positions.ts'
import type { AdvanceLedger } from './advance-ledger.ts'
import { type FeedKey, feedKey } from './feed.ts'
import type { Followed } from './following.ts'
import { type CanonicalFilter, namesIn } from './matcher.ts'

/** What a subscription takes of its socket's share, from its first moment on. */
export interface Held {
  /** What its user's token must allow as long as it is held. */
  readonly needs: Scope | undefined
  /** Under which its acknowledged positions are kept, and who accounts for its events; undefined where it has no name. */
  readonly kept?: { readonly under: KeptName; readonly ledger: AdvanceLedger } | undefined
  /** Events that may be sent, as far as they were allowed before it began; undefined where they are not counted. */
  credits: number | undefined
  /** Its feed; undefined until it is known what its filter comes to. */
  feed?: FeedKey
  followed?: Followed
  /** Aborted when it is not held any more: for a snapshot that is being sent. */
  gone?: AbortController
}

/** How far a subscription had come that has ended. */
interface Ended {
  readonly under: KeptName
  readonly reached: Position
}

/** Ended subscriptions of a socket whose positions may still be acknowledged: what was handed over may be under way in the client. */
const REMEMBERED = SOCKET_LIMITS.subscriptions

/** The subscriptions of one socket, those that have begun and those that something is asked for first. */
export class HeldSubscriptions {
  readonly #held = new Map<string, Held>()
  readonly #ended = new Map<string, Ended>()

  get(id: string): Held | undefined {
    return this.#held.get(id)
  }

  ended(id: string): Ended | undefined {
    return this.#ended.get(id)
  }

  all(): readonly [string, Held][] {
    return [...this.#held]
  }

  holds(id: string, held: Held): boolean {
    return this.#held.get(id) === held
  }

  /**
   * @returns false when there are as many as there may be
   * @throws ProblemError `invalid_request` when the id, or the name on its channel, is in use
   */
  add(id: string, held: Held): boolean {
    if (this.#held.has(id)) raise('invalid_request', `subscribe.id: ${id} is in use`)
    const { under } = held.kept ?? {}
    for (const [other, { kept }] of this.#held)
      if (under !== undefined && kept?.under.name === under.name && kept.under.channel === under.channel)
        raise('invalid_request', `subscribe.name: subscription ${other} has it`)
    if (this.#held.size >= SOCKET_LIMITS.subscriptions) return false
    this.#held.set(id, held)
    this.#ended.delete(id)
    return true
  }

  /**
   * Claims a feed for a subscription, once it is known what its filter comes to; again when that is edited.
   *
   * The invariant of delivery: no two subscriptions of a connection have the same feed. Edits can make any two filters
   * equal, so equal ones get feeds of different ordinals.
   */
  claim(held: Held, channel: Channel, filter: CanonicalFilter): FeedKey {
    const before = held.feed
    if (before !== undefined && JSON.stringify(before.filter) === JSON.stringify(filter)) return before
    const taken = new Set([...this.#held.values()].map(({ feed }) => feed?.id))
    let key = feedKey(channel, filter)
    for (let ordinal = 1; taken.has(key.id); ordinal++) key = feedKey(channel, filter, ordinal)
    held.feed = key
    return key
  }

  /** Whether the connection may have the names of one more filter. */
  hasRoomFor(filter: CanonicalFilter): boolean {
    let sum = namesIn(filter)
    for (const { feed } of this.#held.values()) if (feed !== undefined) sum += namesIn(feed.filter)
    return sum <= SOCKET_LIMITS.names
  }

  /** @param reached how far it had come, if it had begun */
  release(id: string, held: Held, reached?: Position): void {
    held.followed?.leave()
    held.gone?.abort()
    if (!this.holds(id, held)) return
    this.#held.delete(id)
    if (held.kept === undefined || reached === undefined) return
    this.#ended.set(id, { under: held.kept.under, reached })
    const [oldest] = this.#ended.keys()
    if (this.#ended.size > REMEMBERED && oldest !== undefined) this.#ended.delete(oldest)
  }
}
