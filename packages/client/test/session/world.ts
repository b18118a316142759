import assert from 'node:assert/strict'
import type { Position } from '@tickstock/contracts'
import type { SessionEffect } from '../../src/session/effect.ts'
import type { SubscriptionRequest } from '../../src/session/input.ts'
import { Session } from '../../src/session/session.ts'
import { HEARTBEAT_MS, ModelLog, ModelSocket } from './model.ts'

/** A session, a model server and the network between them, in made-up time. Everything that an application sees is held against the log. */
export class World {
  readonly log = new ModelLog()
  readonly sockets = new Map<number, ModelSocket>()
  readonly session: Session
  readonly seen = new Map<string, { request: SubscriptionRequest; position: Position | undefined; gaps: number }>()
  readonly states: string[] = []
  now = 0
  /** Most sockets open at a time. */
  mostSockets = 0
  readonly #style: 'begins_at_next' | 'begins_as_asked'

  constructor({
    style = 'begins_at_next',
    random = () => 0.5
  }: { style?: 'begins_at_next' | 'begins_as_asked'; random?: () => number } = {}) {
    this.#style = style
    this.session = new Session({ random, answerWithinMs: 5000, backOff: { firstMs: 100, longestMs: 2000 } })
  }

  subscribe(request: SubscriptionRequest): void {
    const position = typeof request.from === 'string' ? undefined : request.from
    this.seen.set(request.id, { request, position, gaps: 0 })
    this.#apply(this.session.step({ type: 'subscribe', request }, this.now))
  }

  unsubscribe(id: string): void {
    this.seen.delete(id)
    this.#apply(this.session.step({ type: 'unsubscribe', id }, this.now))
  }

  /** Time goes by; whatever is due happens. */
  advance(ms: number): void {
    const until = this.now + ms
    while (this.session.wakeAt <= until) {
      this.now = Math.max(this.now, this.session.wakeAt)
      this.#apply(this.session.step({ type: 'tick' }, this.now))
    }
    this.now = until
  }

  /** The network delivers one frame of a socket. */
  deliver(socket: number): void {
    const text = this.sockets.get(socket)?.sent.shift()
    if (text !== undefined) this.#apply(this.session.step({ type: 'frame', socket, text }, this.now))
  }

  cut(socket: number, code = 1006): void {
    if (this.sockets.delete(socket))
      this.#apply(this.session.step({ type: 'closed', socket, code, reason: '' }, this.now))
  }

  /** No more faults: everything is sent and received until nothing moves. */
  settle(): void {
    for (let round = 0; round < 40; round++) {
      for (const socket of this.sockets.values()) {
        socket.pump()
        socket.heartbeat()
      }
      for (let moved = true; moved; ) {
        moved = false
        for (const [number, { sent }] of this.sockets) {
          if (sent.length > 0) moved = true
          this.deliver(number)
        }
      }
      this.advance(HEARTBEAT_MS)
    }
  }

  #apply(effects: readonly SessionEffect[]): void {
    for (const effect of effects) {
      switch (effect.type) {
        case 'open':
          this.sockets.set(effect.socket, new ModelSocket(this.log, this.#style))
          this.mostSockets = Math.max(this.mostSockets, this.sockets.size)
          this.#apply(this.session.step({ type: 'opened', socket: effect.socket }, this.now))
          break
        case 'authenticate':
          this.sockets.get(effect.socket)?.receive({ type: 'auth', user: 'u' })
          break
        case 'send':
          this.sockets.get(effect.socket)?.receive(effect.message)
          break
        case 'hang_up':
          this.sockets.delete(effect.socket)
          break
        case 'state':
          this.states.push(effect.state)
          break
        case 'deliver':
          this.#see(effect)
          break
        case 'position':
          this.#move(effect.id, effect.position)
          break
        case 'gap': {
          const subscription = this.seen.get(effect.id)
          assert.ok(subscription)
          assert.deepEqual(effect.gap.have, subscription.position, 'a gap begins where the application is')
          subscription.position = effect.gap.next
          subscription.gaps += 1
        }
      }
    }
  }

  #see({ id, event, position }: Extract<SessionEffect, { type: 'deliver' }>): void {
    this.#move(id, { epoch: position.epoch, offset: position.offset - 1 })
    const filter = this.seen.get(id)?.request.filter
    assert.deepEqual(this.log.matching(position.epoch, filter, position.offset - 1, position.offset), [position.offset])
    assert.equal(event.published_at, position.offset)
    this.#move(id, position, 1)
  }

  /** The application is at a position: nothing that matches may lie between that and where it was, nor may it go back. */
  #move(id: string, position: Position, delivered = 0): void {
    const subscription = this.seen.get(id)
    assert.ok(subscription, 'only what is subscribed is told')
    const { request, position: before = position } = subscription
    assert.equal(position.epoch, before.epoch)
    assert.ok(position.offset >= before.offset, `once and in order: ${position.offset} after ${before.offset}`)
    const passed = this.log.matching(position.epoch, request.filter, before.offset, position.offset)
    assert.equal(passed.length, delivered, 'nothing is passed over')
    subscription.position = position
  }
}
