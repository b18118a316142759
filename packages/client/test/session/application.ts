import assert from 'node:assert/strict'
import type { Pattern, Position } from '@tickstock/contracts'
import type { LiveStatus } from '../../src/live-status.ts'
import type { SessionEffect } from '../../src/session/effect.ts'
import type { SubscriptionRequest } from '../../src/session/input.ts'
import type { ModelLog } from './model-log.ts'

/** So few that every run comes to their end. */
export const WINDOW = 4

type Told = Exclude<
  SessionEffect,
  { type: 'open' | 'authenticate' | 'renew' | 'send' | 'hang_up' | 'refused' | 'warning' | 'state' }
>
type Taken = Exclude<Told, { type: 'status' }>

/** Where a subscription is after this; undefined where that says nothing of it. */
const placeAfter = (told: Taken): Position | undefined => {
  if (told.type === 'gap') return told.gap.next
  if (told.type === 'retargeted' || (told.type === 'snapshot' && told.remaining > 0)) return undefined
  return told.position
}

/** One subscription of an application whose handlers take their time. Whatever it is told is held against the log. */
export class Application {
  readonly request: SubscriptionRequest
  /** What was told, and what the handlers are done with. */
  position: Position | undefined
  applied: Position | undefined
  gaps = 0
  snapshots = 0
  status: LiveStatus | undefined
  readonly #log: ModelLog
  readonly #waiting: Taken[] = []
  #pages: Pattern[] | undefined

  constructor(request: SubscriptionRequest, log: ModelLog) {
    this.request = request
    this.#log = log
    this.isAt(typeof request.from === 'string' ? undefined : request.from)
  }

  isAt(position: Position | undefined): void {
    this.position = position
    this.applied = position
  }

  /** Events whose handlers have not settled. */
  get waiting(): number {
    return this.#waiting.filter(({ type }) => type === 'deliver').length
  }

  /** So many handlers settle. */
  apply(count: number): { events: number; position: Position | undefined } | undefined {
    const done = this.#waiting.splice(0, count)
    if (done.length === 0) return undefined
    const events = done.filter(({ type }) => type === 'deliver').length
    const position = done.map(placeAfter).findLast(place => place !== undefined)
    this.applied = position ?? this.applied
    return { events, position }
  }

  tell(told: Told): void {
    if (told.type === 'status') {
      this.status = told.status
      return
    }
    this.#waiting.push(told)
    switch (told.type) {
      case 'deliver': {
        const { position, event } = told
        this.#move({ epoch: position.epoch, offset: position.offset - 1 })
        assert.equal(event.published_at, position.offset)
        assert.equal(event.pattern.symbol, this.#log.symbolAt(position.epoch, position.offset))
        this.#move(position, 1)
        break
      }
      case 'position':
        this.#move(told.position)
        break
      case 'snapshot':
        this.#page(told)
        break
      case 'gap':
        assert.deepEqual(told.gap.have, this.position, 'a gap begins where the application is')
        this.position = told.gap.next
        this.gaps += 1
    }
  }

  #page({ begins, patterns, position, remaining }: Extract<Told, { type: 'snapshot' }>): void {
    assert.ok(begins || this.#pages, 'a snapshot begins with its first page')
    this.#pages = [...(begins ? [] : (this.#pages ?? [])), ...patterns]
    if (remaining > 0) return
    const ids = new Set(this.#pages.map(({ id }) => id))
    const living = this.#log.living(position.epoch, this.#core, position.offset)
    for (const { id } of living) assert.ok(ids.has(id), 'a snapshot is whole')
    this.#pages = undefined
    this.position = position
    this.snapshots += 1
  }

  /** What it surely wants, however its watchlist is edited. */
  get #core(): readonly string[] | undefined {
    const { filter } = this.request
    return filter?.watchlist === undefined ? filter?.symbols : ['A']
  }

  /** The application is at a position: nothing that matches may lie between that and where it was, nor may it go back. */
  #move(position: Position, delivered = 0): void {
    const { position: before = position } = this
    assert.equal(position.epoch, before.epoch)
    assert.ok(position.offset >= before.offset, `once and in order: ${position.offset} after ${before.offset}`)
    const wanted = this.#log.matching(position.epoch, this.#core, before.offset, position.offset)
    if (delivered === 0) assert.deepEqual(wanted, [], 'nothing is passed over')
    else assert.ok(wanted.length === delivered || this.request.filter?.watchlist, 'only what matches comes')
    this.position = position
  }
}
