import { PROBLEMS, ProblemError, type UniverseChange } from '@tickstock/contracts'
import type { Selection } from './selection.ts'

export interface FollowedOptions {
  readonly user: string
  readonly select: () => Promise<Selection>
  /** It comes to this now. */
  readonly changed: (selection: Selection) => void
  /** What it follows is gone for good. */
  readonly lost: (problem: ProblemError) => void
}

/** A subscription that follows what its user keeps. */
export interface Followed {
  /** What it comes to at first. Rejects as `select` does. */
  begin(): Promise<Selection>
  /** What it came to is in use: edits since then follow. */
  ready(): void
  leave(): void
}

export interface FollowingOptions {
  /** Waits before so many failures in a row are followed by another attempt. */
  readonly pause: (failures: number) => Promise<void>
  /** Something broke that has no better place to go. */
  readonly failed: (error: unknown) => void
}

/**
 * Brings edits of watchlists and saved filters to the subscriptions that follow them. Each is looked up anew after an edit and not before: what is
 * being looked up while an edit comes is looked up once more, so that none ends with what was true before.
 */
export class Following {
  readonly #options: FollowingOptions
  readonly #byUser = new Map<string, Set<Follower>>()

  constructor(options: FollowingOptions) {
    this.#options = options
  }

  get size(): number {
    let sum = 0
    for (const followers of this.#byUser.values()) sum += followers.size
    return sum
  }

  follow(options: FollowedOptions): Followed {
    const follower = new Follower(options, this.#options)
    const followers = this.#byUser.get(options.user) ?? new Set<Follower>()
    this.#byUser.set(options.user, followers.add(follower))
    return {
      begin: () => follower.begin(),
      ready: () => follower.ready(),
      leave: () => {
        follower.leave()
        followers.delete(follower)
        if (followers.size === 0 && this.#byUser.get(options.user) === followers) this.#byUser.delete(options.user)
      }
    }
  }

  take({ user, id }: Pick<UniverseChange, 'user' | 'id'>): void {
    for (const follower of this.#byUser.get(user) ?? []) follower.touch(id)
  }

  /** Edits may have been missed: everything is looked up anew. */
  takeAny(): void {
    for (const followers of this.#byUser.values()) for (const follower of followers) follower.touch(undefined)
  }
}

class Follower {
  readonly #options: FollowedOptions
  readonly #rules: FollowingOptions
  /** undefined while it is not known what is followed: any edit of the user may be of it. */
  #references: readonly string[] | undefined
  #isStale = false
  #isBusy = true
  #isLeft = false

  constructor(options: FollowedOptions, rules: FollowingOptions) {
    this.#options = options
    this.#rules = rules
  }

  async begin(): Promise<Selection> {
    const selection = await this.#options.select()
    this.#references = selection.references
    return selection
  }

  ready(): void {
    this.#isBusy = false
    this.#catchUp()
  }

  leave(): void {
    this.#isLeft = true
  }

  touch(id: string | undefined): void {
    if (id !== undefined && this.#references !== undefined && !this.#references.includes(id)) return
    this.#isStale = true
    this.#catchUp()
  }

  #catchUp(): void {
    if (this.#isBusy || !this.#isStale || this.#isLeft) return
    this.#isBusy = true
    void this.#lookUp().finally(() => {
      this.#isBusy = false
      // An edit may have come between the last look and now.
      this.#catchUp()
    })
  }

  async #lookUp(): Promise<void> {
    for (let failures = 0; this.#isStale && !this.#isLeft; ) {
      this.#isStale = false
      try {
        const selection = await this.#options.select()
        failures = 0
        if (this.#isStale || this.#isLeft) continue
        this.#references = selection.references
        this.#options.changed(selection)
      } catch (error) {
        if (this.#isLeft) return
        if (error instanceof ProblemError && !PROBLEMS[error.code].temporary) return this.#options.lost(error)
        if (!(error instanceof ProblemError)) this.#rules.failed(error)
        this.#isStale = true
        failures += 1
        await this.#rules.pause(failures)
      }
    }
  }
}
