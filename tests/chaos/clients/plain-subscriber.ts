import { setTimeout as delay } from 'node:timers/promises'
import {
  decodeServerFrame,
  type ErrorMessage,
  type EventMessage,
  type Gap,
  type Heartbeat,
  type Position,
  type Positions,
  type Retargeted,
  type ServerMessage,
  SOCKET_PATH,
  SUBPROTOCOL,
  type Subscribed
} from '@tickstock/contracts'
import { WebSocket } from 'ws'
import type { SubscriptionRecord } from '../audit/record.ts'
import { monotonicTime } from '../audit/truth.ts'
import type { Role } from './role.ts'
import type { Subscriber } from './subscriber.ts'
import { SubscriptionLog } from './subscription-log.ts'

/** Silence after which a connection is held for dead, and wait before the next; ms. */
const SILENCE = 5_000
const BACK_OFF = 1_000
/** Heartbeats between two subscriptions that are ended, of one that switches. */
const SWITCHED_EVERY = 3

/** A subscription on the socket in use. */
interface Asked {
  readonly log: SubscriptionLog
  readonly at: number
}

/**
 * The protocol's rules in their plainest form, by a subscriber that shares no code with the SDK: one socket, and a new one wherever something
 * is missing. Cheap enough for a crowd.
 */
export class PlainSubscriber implements Subscriber {
  readonly refusals: string[] = []
  readonly faults: string[] = []
  readonly #role: Role
  readonly #url: URL
  readonly #logs: readonly SubscriptionLog[]
  #socket: WebSocket | undefined
  /** By the id on the wire, which is new for each question. */
  readonly #asked = new Map<string, Asked>()
  readonly #feeds = new Map<string, SubscriptionLog>()
  /** Ended by its own will, until the next heartbeat. */
  #ended: SubscriptionLog | undefined
  #silence: NodeJS.Timeout | undefined
  #sockets = 0
  #questions = 0
  #heartbeats = 0
  #closed = false

  constructor(role: Role, url: string) {
    this.#role = role
    this.#url = new URL(SOCKET_PATH, url.replace(/^http/, 'ws'))
    this.#logs = role.subscriptions.flatMap(({ channels, filter }, subscription) =>
      channels.map(channel => {
        return new SubscriptionLog({ subscriber: role.name, subscription, channel, filter, isExact: true })
      })
    )
  }

  get name(): string {
    return this.#role.name
  }

  get delivered(): number {
    return this.#logs.reduce((sum, { events }) => sum + events, 0)
  }

  get gaps(): number {
    return this.#logs.reduce((sum, { gaps }) => sum + gaps, 0)
  }

  get reconnects(): number {
    return Math.max(0, this.#sockets - 1)
  }

  get begun(): boolean {
    return this.#logs.every(({ position }) => position !== undefined)
  }

  get unmarked(): readonly string[] {
    return this.#logs.filter(({ awaitsMarker }) => awaitsMarker).map(log => `${this.name} ${log.about}`)
  }

  behind(heads: Positions): string | undefined {
    for (const log of this.#logs) {
      const behind = log.behind(heads[log.channel])
      if (behind !== undefined) return [behind, ...this.refusals.slice(-3)].join('; ')
    }
    return undefined
  }

  takeRecords(): readonly SubscriptionRecord[] {
    return this.#logs.map(log => log.take())
  }

  async open(): Promise<void> {
    this.#connect()
  }

  leave(): void {
    this.#disconnect()
  }

  async reload(): Promise<void> {
    this.#connect()
  }

  async scatter(afterMs: number): Promise<void> {
    this.#disconnect()
    await delay(afterMs)
    this.#connect()
  }

  close(): void {
    this.#closed = true
    this.#disconnect()
  }

  #disconnect(): void {
    clearTimeout(this.#silence)
    const socket = this.#socket
    this.#socket = undefined
    this.#asked.clear()
    this.#feeds.clear()
    this.#ended = undefined
    socket?.terminate()
  }

  #connect(): void {
    this.#disconnect()
    if (this.#closed) return
    const socket = new WebSocket(this.#url, [SUBPROTOCOL], { perMessageDeflate: false })
    this.#socket = socket
    this.#sockets += 1
    this.#heard()
    socket.on('open', () => {
      socket.send(JSON.stringify({ type: 'auth', user: this.#role.user }))
      for (const log of this.#logs) this.#ask(log)
    })
    socket.on('message', data => {
      if (this.#socket === socket) this.#read(`${data}`)
    })
    // A failure is always followed by a close.
    socket.on('error', () => undefined)
    socket.on('close', () => {
      if (this.#socket === socket) this.#again()
    })
  }

  #ask(log: SubscriptionLog): void {
    this.#questions += 1
    const id = `plain-${this.#questions}`
    this.#asked.set(id, { log, at: monotonicTime() })
    const { channel, filter, position } = log
    this.#socket?.send(JSON.stringify({ type: 'subscribe', id, channel, filter, from: position ?? 'now' }))
  }

  #again(): void {
    this.#disconnect()
    this.#silence = setTimeout(() => this.#connect(), Math.random() * BACK_OFF)
  }

  #heard(): void {
    clearTimeout(this.#silence)
    this.#silence = setTimeout(() => this.#again(), SILENCE)
  }

  #read(frame: string): void {
    this.#heard()
    const socket = this.#socket
    for (const message of decodeServerFrame(frame)) {
      // What follows on a socket that was given up is asked for again.
      if (this.#socket !== socket) return
      this.#take(message)
    }
  }

  #take(message: ServerMessage): void {
    switch (message.type) {
      case 'subscribed':
        this.#begin(message)
        break
      case 'event':
        this.#event(message)
        break
      case 'gap':
        this.#gap(message)
        break
      case 'retargeted':
        this.#retargeted(message)
        break
      case 'heartbeat':
        this.#consider(message)
        break
      case 'drain':
        this.#again()
        break
      case 'error':
        this.#refused(message)
    }
  }

  #begin({ id, feed, position }: Subscribed): void {
    const asked = this.#asked.get(id)
    if (asked === undefined) return
    const { log, at } = asked
    this.#name(feed, log)
    const where = log.position
    if (where !== undefined && isBeyond(position, where)) {
      this.#again()
      return
    }
    if (where === undefined) log.at(position)
    log.subscribed(at)
  }

  #name(feed: string, log: SubscriptionLog): void {
    const known = this.#feeds.get(feed)
    if (known !== undefined && known !== log)
      this.faults.push(`${this.name}: ${feed} is the name of two: ${known.about} and ${log.about}`)
    this.#feeds.set(feed, log)
  }

  #event({ feed, epoch, offset, previous, change, event }: EventMessage): void {
    const log = this.#feeds.get(feed)
    const at = log?.position
    if (log === undefined) return
    if (at === undefined || at.epoch !== epoch || previous > at.offset) this.#again()
    else if (offset > at.offset) log.event({ epoch, offset }, event, change)
  }

  #gap({ feed, reason, have, last, next }: Gap): void {
    const log = this.#feeds.get(feed)
    const at = log?.position
    if (log === undefined) return
    if (at === undefined || at.epoch !== have.epoch || last > at.offset) this.#again()
    else if (isBeyond(next, at)) log.gap(reason, at, next)
  }

  #retargeted({ id, previous_feed, feed, position, last }: Retargeted): void {
    const { log } = this.#asked.get(id) ?? {}
    const at = log?.position
    if (log === undefined) return
    if (this.#feeds.get(previous_feed) === log) this.#feeds.delete(previous_feed)
    else this.faults.push(`${this.name}: ${id} was not called ${previous_feed} until now`)
    this.#name(feed, log)
    if (at === undefined || at.epoch !== position.epoch || last > at.offset) {
      this.#again()
      return
    }
    if (position.offset > at.offset) log.at(position)
    log.retargeted()
  }

  #consider({ feeds }: Heartbeat): void {
    for (const [feed, log] of this.#feeds) {
      const at = log.position
      const head = feeds[feed]
      if (at === undefined || head === undefined) continue
      if (head.epoch !== at.epoch || head.last > at.offset) {
        this.#again()
        return
      }
      if (head.offset > at.offset) log.at({ epoch: head.epoch, offset: head.offset })
    }
    if (this.#role.habit === 'switches') this.#switch()
  }

  /** Ends one subscription, each in its turn, and begins it again at the next heartbeat. */
  #switch(): void {
    this.#heartbeats += 1
    const ended = this.#ended
    this.#ended = undefined
    if (ended !== undefined) this.#ask(ended)
    else if (this.#heartbeats % SWITCHED_EVERY === 0) this.#end()
  }

  #end(): void {
    const log = this.#logs[(this.#heartbeats / SWITCHED_EVERY) % this.#logs.length]
    const [feed] = [...this.#feeds].find(([, one]) => one === log) ?? []
    const [id] = [...this.#asked].find(([, { log: one }]) => one === log) ?? []
    // One that has not begun is left alone.
    if (log === undefined || feed === undefined || id === undefined) return
    this.#feeds.delete(feed)
    this.#asked.delete(id)
    this.#socket?.send(JSON.stringify({ type: 'unsubscribe', id }))
    this.#ended = log
  }

  /** A subscription that is refused concerns no other one: it is asked for again after a wait. */
  #refused({ id, code, detail }: ErrorMessage): void {
    this.refusals.push(`${this.name}: ${code} ${detail}`)
    const asked = id === undefined ? undefined : this.#asked.get(id)
    if (id === undefined || asked === undefined) {
      this.#again()
      return
    }
    const { log } = asked
    this.#asked.delete(id)
    for (const [feed, one] of this.#feeds) if (one === log) this.#feeds.delete(feed)
    const socket = this.#socket
    setTimeout(() => {
      if (this.#socket === socket) this.#ask(log)
    }, Math.random() * BACK_OFF)
  }
}

const isBeyond = (one: Position, other: Position): boolean => one.epoch !== other.epoch || one.offset > other.offset
