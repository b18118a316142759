import assert from 'node:assert/strict'
import type { ClientMessage, Position } from '@tickstock/contracts'
import type { SessionEffect } from '../../src/session/effect.ts'
import type { NetworkInput, SessionInput, SubscriptionRequest } from '../../src/session/input.ts'
import { Session } from '../../src/session/session.ts'
import { countersFromZero } from '../../src/session/session-counters.ts'
import { Application, WINDOW } from './application.ts'
import { HEARTBEAT_MS, ModelServer } from './model-server.ts'
import { ModelSocket } from './model-socket.ts'

export interface WorldOptions {
  readonly style?: ModelServer['style']
  readonly random?: () => number
  /** How far the server's wall clock is from the time of the world, ms. */
  readonly skew?: number
  readonly tokenMs?: number | undefined
  /** Holds every step against the table of SPEC.md. */
  readonly watch?: (
    session: Session,
    input: SessionInput,
    step: () => readonly SessionEffect[]
  ) => readonly SessionEffect[]
}

const MOST_TICKS = 10_000

/** A session, a model server, an application and the network between them, in made-up time. */
export class World {
  readonly server = new ModelServer()
  readonly sockets = new Map<number, ModelSocket>()
  readonly applications = new Map<string, Application>()
  session: Session
  /** Time of the world, ms. */
  now = 0
  /** What the client's monotonic clock shows, ms. */
  clientNow = 0
  /** How far the server's wall clock is off, ms. */
  skew: number
  /** Whether a new token can be had. */
  tokenWorks = true
  /** Sockets that were opened, and what could be the cause of one more. */
  opened = 0
  causes = 0
  /** By name, what the session knows it by. */
  readonly #ids = new Map<string, string>()
  #subscribed = 0
  #doubled = 0
  readonly #options: WorldOptions

  constructor(options: WorldOptions = {}) {
    this.#options = options
    this.skew = options.skew ?? 0
    this.server.style = options.style ?? 'begins_at_next'
    this.server.snapshotsLead = 3
    this.server.tokenMs = options.tokenMs
    this.server.clock = () => Math.round(1_700_000_000_000 + this.now + this.skew)
    this.session = this.#newSession()
  }

  get log() {
    return this.server.log
  }

  /** A name that was used before gets a number. */
  subscribe(asked: SubscriptionRequest): void {
    this.#subscribed += 1
    const request = { ...asked, id: `${asked.id}.${this.#subscribed}` }
    this.#ids.set(asked.id, request.id)
    this.applications.set(request.id, new Application(request, this.log))
    this.step({ type: 'subscribe', request })
  }

  has(name: string): boolean {
    return this.#ids.has(name)
  }

  unsubscribe(name: string): void {
    const id = this.#ids.get(name) ?? ''
    this.step({ type: 'unsubscribe', id })
    this.applications.delete(id)
    this.#ids.delete(name)
  }

  /** Handlers of a subscription, if it has any under way, settle. */
  apply(name: string, count: number): void {
    const id = this.#ids.get(name) ?? ''
    const done = this.applications.get(id)?.apply(count)
    if (done) this.step({ type: 'applied', id, ...done })
  }

  /** The network brings frames twice, which then count twice. */
  double(socket: number, frame: number): void {
    const sent = this.sockets.get(socket)?.sent ?? []
    const again = sent.slice(frame, frame + 2)
    sent.push(...again)
    this.#doubled += again.length
  }

  /** Time goes by; whatever is due happens. */
  advance(ms: number): void {
    const until = this.clientNow + ms
    this.causes += ms / HEARTBEAT_MS
    for (let ticks = 0; this.session.wakeAt <= until; ticks++) {
      assert.ok(ticks < MOST_TICKS, 'it does not tick for ever')
      const wait = Math.max(0, this.session.wakeAt - this.clientNow)
      this.clientNow += wait
      this.now += wait
      this.#expire()
      this.step({ type: 'tick' })
    }
    this.now += until - this.clientNow
    this.clientNow = until
    this.#expire()
  }

  /** The machine sleeps: time passes that neither its clock nor its timers show. */
  sleep(ms: number): void {
    this.now += ms
    this.#expire()
  }

  /** The platform says something of the network, whatever that does. */
  says(type: NetworkInput['type']): void {
    this.causes += 2
    this.step({ type })
  }

  /** The client's clock jumps ahead, and all that is due then is due at once. */
  jump(ms: number): void {
    this.clientNow += ms
    this.causes += 2
    this.advance(0)
  }

  /** The application's process dies, and begins anew with what was kept. */
  crash(): void {
    this.sockets.clear()
    this.causes += 2
    this.session = this.#newSession()
    for (const [name, id] of [...this.#ids]) {
      const { request, applied } = this.applications.get(id) ?? {}
      this.applications.delete(id)
      if (request === undefined) continue
      const { from, name: under } = request
      const kept = under === undefined ? undefined : (applied ?? this.server.kept.get(under))
      const stored = under === undefined && from !== 'snapshot' ? applied : undefined
      this.subscribe({ ...request, id: name, from: stored ?? from, known: under === undefined ? undefined : applied })
      if (kept) this.applications.get(this.#ids.get(name) ?? '')?.isAt(kept)
    }
  }

  /** The network delivers one frame of a socket. */
  deliver(socket: number): void {
    const text = this.sockets.get(socket)?.sent.shift()
    if (text !== undefined) this.step({ type: 'frame', socket, text })
  }

  /** The server of a socket asks its client to go. */
  drain(socket: number): void {
    this.causes += 1
    this.sockets.get(socket)?.drain()
  }

  cut(socket: number, code = 1006): void {
    if (!this.sockets.delete(socket)) return
    this.causes += 1
    this.step({ type: 'closed', socket, code, reason: '' })
  }

  /** No more faults: everything is sent, received and applied until nothing moves. */
  settle(): void {
    this.tokenWorks = true
    this.says('online')
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
        for (const name of this.#ids.keys()) this.apply(name, Number.POSITIVE_INFINITY)
      }
      this.advance(HEARTBEAT_MS)
    }
  }

  step(input: SessionInput): void {
    const step = () => this.session.step(input, this.clientNow)
    this.#run(this.#options.watch?.(this.session, input, step) ?? step())
    assert.ok(this.opened <= 3 + 2 * this.causes, `${this.opened} sockets for ${this.causes} causes`)
  }

  #newSession(): Session {
    const { random = () => 0.5 } = this.#options
    return new Session({
      random,
      answerWithinMs: 5000,
      renewable: true,
      window: WINDOW,
      counters: countersFromZero(),
      backOff: { firstMs: 100, longestMs: 2000 }
    })
  }

  /** The server ends what has no token any more; its close comes after all that it sent before. */
  #expire(): void {
    for (const [number, { expiresAt, sent }] of [...this.sockets]) {
      if (expiresAt === undefined || expiresAt > this.server.clock()) continue
      while (sent.length > 0 && this.sockets.has(number)) this.deliver(number)
      this.cut(number, 4000)
    }
  }

  #run(effects: readonly SessionEffect[]): void {
    for (const effect of effects) {
      switch (effect.type) {
        case 'open':
          this.opened += 1
          this.sockets.set(effect.socket, new ModelSocket(this.server))
          this.step({ type: 'opened', socket: effect.socket })
          break
        case 'authenticate':
          this.sockets.get(effect.socket)?.receive({ type: 'auth', user: 'u' })
          break
        case 'renew':
          if (this.tokenWorks) this.sockets.get(effect.socket)?.receive({ type: 'refresh', token: 't' })
          else this.step({ type: 'renew_failed', socket: effect.socket, reason: 'x' })
          break
        case 'send':
          this.#send(effect.socket, effect.message)
          break
        case 'hang_up':
          this.sockets.delete(effect.socket)
          break
        case 'refused':
        case 'warning':
        case 'state':
          break
        default:
          this.#tell(effect)
      }
    }
  }

  #tell(effect: Parameters<Application['tell']>[0]): void {
    const application = this.applications.get(effect.id)
    assert.ok(application, 'only what is subscribed is told')
    application.tell(effect)
    assert.ok(application.waiting <= 2 * WINDOW + this.#doubled, 'what waits for a slow application is bounded')
  }

  #send(socket: number, message: ClientMessage): void {
    if (message.type === 'ack')
      for (const [wire, position] of Object.entries(message.positions)) this.#check(wire, position)
    this.sockets.get(socket)?.receive(message)
  }

  /** What is acknowledged was applied. */
  #check(wire: string, { epoch, offset }: Position): void {
    const { applied, request } = this.applications.get(wire.replace(/~\d+$/, '')) ?? {}
    assert.ok(request?.name)
    assert.equal(applied?.epoch, epoch)
    assert.ok(applied && offset <= applied.offset, `${offset} is acknowledged, ${applied?.offset} applied`)
  }
}
