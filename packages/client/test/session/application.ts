import assert from 'node:assert/strict'
import type { Position } from '@tickstock/contracts'
import type { LiveStatus } from '../../src/live-status.ts'
import { PatternSet } from '../../src/pattern-set.ts'
import type { SessionEffect } from '../../src/session/effect.ts'
import type { SubscriptionRequest } from '../../src/session/input.ts'
import type { ModelLog, Wanted } from './model-log.ts'

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
  /** What lives and matches, of a subscription that begins with a snapshot. */
  readonly #patterns = new PatternSet()
  #isInSnapshot = false
  /** From here on the set is whole: its snapshot may have been of any moment up to this. */
  #wholeFrom: Position | undefined

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
        const { channel, position, event, at, change } = told
        const { epoch, offset } = position
        this.#move({ epoch, offset: offset - 1 })
        const entry = this.#log.entryAt(epoch, offset)
        assert.deepEqual({ event, at }, { event: entry.event, at: entry.at })
        if (this.#isFixed) assert.equal(change, this.#log.changeAt(epoch, offset, this.#core))
        this.#patterns.event(event, { channel, position, at, change })
        this.#move(position, 1)
        break
      }
      case 'position':
        this.#move(told.position)
        break
      case 'snapshot':
        this.#page(told)
        break
      case 'retargeted':
        this.#wholeFrom = undefined
        break
      case 'gap':
        this.#wholeFrom = undefined
        assert.deepEqual(told.gap.have, this.position, 'a gap begins where the application is')
        this.position = told.gap.next
        this.gaps += 1
    }
  }

  /** Whether the set of patterns is what a scan at its position would find. */
  get isWhole(): boolean {
    const { filter, from } = this.request
    if (from !== 'snapshot') return true
    const { epoch, offset } = this.position ?? { epoch: '', offset: 0 }
    const { epoch: since, offset: least } = this.#wholeFrom ?? { epoch: '', offset: 0 }
    return since === epoch && offset >= least && this.#equals(epoch, offset, this.#log.wantedBy(filter))
  }

  #page({ begins, patterns, position, remaining }: Extract<Told, { type: 'snapshot' }>): void {
    assert.ok(begins || this.#isInSnapshot, 'a snapshot begins with its first page')
    this.#isInSnapshot = remaining > 0
    this.#patterns.snapshot(patterns, { channel: this.request.channel, position, begins, remaining })
    if (remaining > 0) return
    this.position = position
    this.#wholeFrom = { epoch: this.#log.epoch, offset: this.#log.top }
    this.snapshots += 1
  }

  #equals(epoch: string, offset: number, wanted: Wanted): boolean {
    const mine = [...this.#patterns].map(({ id, confidence }) => `${id} ${confidence}`).sort()
    const living = this.#log.living(epoch, wanted, offset).map(({ id, confidence }) => `${id} ${confidence}`)
    return JSON.stringify(mine) === JSON.stringify(living.sort())
  }

  get #isFixed(): boolean {
    return this.request.filter?.watchlist === undefined
  }

  /** What it surely wants, however its watchlist is edited. */
  get #core(): Wanted {
    const wanted = this.#log.wantedBy(this.request.filter)
    return this.#isFixed ? wanted : { ...wanted, symbols: ['A'] }
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
    const { epoch, offset } = this.#wholeFrom ?? {}
    if (this.#isFixed && epoch === position.epoch && offset !== undefined && position.offset >= offset) {
      assert.ok(this.#equals(epoch, position.offset, this.#core), 'the set of patterns is what a scan finds')
    }
  }
}
