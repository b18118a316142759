import { setTimeout as delay } from 'node:timers/promises'
import {
  decodeServerFrame,
  type EventMessage,
  type Gap,
  type Heartbeat,
  type Position,
  type Positions,
  type ServerMessage,
  SOCKET_PATH,
  SUBPROTOCOL,
  type Subscribed
} from '@tickstock/contracts'
import { WebSocket } from 'ws'
import type { SubscriptionRecord } from '../audit/record.ts'
import type { Role } from './role.ts'
import type { Subscriber } from './subscriber.ts'
import { SubscriptionLog } from './subscription-log.ts'

/** Silence after which a connection is held for dead, and wait before the next; ms. */
const SILENCE = 5_000
const BACK_OFF = 1_000

/**
 * The protocol's rules in their plainest form, by a subscriber that shares no code with the SDK: one socket, one channel, and a new socket wherever something
 * is missing. Cheap enough for a crowd.
 */
export class PlainSubscriber implements Subscriber {
  readonly refusals: string[] = []
  readonly #role: Role
  readonly #url: URL
  readonly #log: SubscriptionLog
  #socket: WebSocket | undefined
  #feed: string | undefined
  #silence: NodeJS.Timeout | undefined
  #sockets = 0
  #closed = false

  constructor(role: Role, url: string) {
    const [channel = 'daily'] = role.channels
    this.#role = role
    this.#url = new URL(SOCKET_PATH, url.replace(/^http/, 'ws'))
    this.#log = new SubscriptionLog(role.name, channel, role.filter)
  }

  get name(): string {
    return this.#role.name
  }

  get records(): readonly SubscriptionRecord[] {
    return [this.#log.record]
  }

  get delivered(): number {
    return this.#log.events
  }

  get gaps(): number {
    return this.#log.gaps
  }

  get reconnects(): number {
    return Math.max(0, this.#sockets - 1)
  }

  get begun(): boolean {
    return this.#log.position !== undefined
  }

  behind(heads: Positions): string | undefined {
    return this.#log.behind(heads[this.#log.channel])
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
    this.#feed = undefined
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
      socket.send(JSON.stringify({ type: 'auth', user: this.name }))
      const { channel, position } = this.#log
      const subscribe = { type: 'subscribe', id: 'plain', channel, filter: this.#role.filter, from: position ?? 'now' }
      socket.send(JSON.stringify(subscribe))
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
        if (message.feed === this.#feed) this.#event(message)
        break
      case 'gap':
        if (message.feed === this.#feed) this.#gap(message)
        break
      case 'heartbeat':
        this.#consider(message)
        break
      case 'drain':
        this.#again()
        break
      case 'error':
        this.refusals.push(`${this.name}: ${message.code} ${message.detail}`)
        this.#again()
    }
  }

  #begin({ feed, position }: Subscribed): void {
    this.#feed = feed
    const at = this.#log.position
    if (at === undefined) this.#log.at(position)
    else if (isBeyond(position, at)) this.#again()
  }

  #event({ epoch, offset, previous, event }: EventMessage): void {
    const at = this.#log.position
    if (at === undefined || at.epoch !== epoch || previous > at.offset) this.#again()
    else if (offset > at.offset) this.#log.event({ epoch, offset }, event.id)
  }

  #gap({ reason, have, next }: Gap): void {
    const at = this.#log.position
    if (at === undefined || at.epoch !== have.epoch) this.#again()
    else if (isBeyond(next, at)) this.#log.gap(reason, at, next)
  }

  #consider({ feeds }: Heartbeat): void {
    const at = this.#log.position
    const head = this.#feed === undefined ? undefined : feeds[this.#feed]
    if (at === undefined || head === undefined) return
    if (head.epoch !== at.epoch || head.last > at.offset) this.#again()
    else if (head.offset > at.offset) this.#log.at({ epoch: head.epoch, offset: head.offset })
  }
}

const isBeyond = (one: Position, other: Position): boolean => one.epoch !== other.epoch || one.offset > other.offset
