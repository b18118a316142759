import { CHANNELS, type Channel, type From } from '@tickstock/contracts'
import { ChannelSubscription } from './channel-subscription.ts'
import { LiveConnection, type LiveConnectionOptions } from './live-connection.ts'
import type { LiveHandlers } from './live-handlers.ts'
import type { LiveRequest, LiveSubscription } from './live-request.ts'
import { type ClientStatus, isSame, type LiveStatus, worstOf } from './live-status.ts'
import { watchNetwork } from './network-events.ts'
import { OpenSubscription } from './open-subscription.ts'
import type { Positions } from './position-store.ts'
import { call } from './report.ts'
import type { SessionState } from './session/effect.ts'
import type { SessionCounters } from './session/session-counters.ts'

export interface LiveOptions extends Omit<LiveConnectionOptions, 'overflow'> {
  readonly onStatus: ((status: ClientStatus) => void) | undefined
}

/** Of several connections the worst state counts; `idle` if none is in use. */
const STATES = ['stopped', 'waiting', 'connecting', 'live'] as const satisfies SessionState[]

/** Every live subscription of a client: on one connection, and on more where a server takes no more of them on one. */
export class Live {
  readonly #options: LiveOptions
  readonly #connections: LiveConnection[] = []
  readonly #subscriptions = new Set<OpenSubscription>()
  /** By name, how far subscriptions that have ended came. */
  readonly #ended = new Map<string, Positions>()
  #isClosed = false
  #told: LiveStatus = worstOf([])
  /** Stops listening to the network, which begins with the first connection. */
  #unwatch: (() => void) | undefined

  constructor(options: LiveOptions) {
    this.#options = options
  }

  get state(): SessionState {
    if (this.#isClosed) return 'closed'
    const states = this.#connections.map(({ state }) => state)
    return STATES.find(state => states.includes(state)) ?? 'idle'
  }

  get status(): ClientStatus {
    const all = [...this.#subscriptions].map(({ status }) => status)
    const going = all.filter(({ state }) => state !== 'ended')
    const [pipeline] = this.#connections.flatMap(({ pipeline }) => pipeline ?? [])
    // One that has ended has told so itself, and takes no part in how the others stand.
    return { ...worstOf(going.length > 0 ? going : all), pipeline }
  }

  get counters(): SessionCounters {
    return { ...this.#options.counters }
  }

  /** @throws Error when the client is closed, and when a name is in use on one of the channels */
  subscribe(request: LiveRequest, handlers: LiveHandlers): LiveSubscription {
    if (this.#isClosed) throw new Error('the client is closed')
    const subscription: OpenSubscription = new OpenSubscription({
      request,
      handlers,
      changed: () => this.#changed(subscription),
      leave: part => {
        for (const connection of this.#connections) connection.unsubscribe(part)
      }
    })
    const kept = request.keep?.store.load(request.keep.key)
    if (kept instanceof Promise) {
      kept
        .then(positions => this.#begin(subscription, request, handlers, positions))
        .catch(error => subscription.failed(error))
    } else this.#begin(subscription, request, handlers, kept)
    return subscription
  }

  /** Tries again at once, e.g. with a new token. */
  reconnect(): void {
    this.#step({ type: 'reconnect' })
  }

  close(): void {
    this.#isClosed = true
    this.#unwatch?.()
    for (const connection of this.#connections) connection.close()
    for (const subscription of this.#subscriptions) subscription.unsubscribe()
  }

  #begin(
    subscription: OpenSubscription,
    { channels = CHANNELS, from = 'now', filter, name }: LiveRequest,
    handlers: LiveHandlers,
    kept: Positions | undefined
  ): void {
    if (subscription.hasEnded || this.#isClosed) return
    const failed = (error: unknown) => subscription.failed(error)
    const changed = () => subscription.applied()
    const isDurable = name !== undefined && (from === 'acknowledged' || from === 'acknowledged_anywhere')
    const known = isDurable ? { ...this.#ended.get(name), ...kept } : undefined
    for (const channel of new Set(channels)) {
      if (name !== undefined && this.#isInUse(name, channel))
        throw new Error(`the name ${name} is in use on ${channel}`)
      const asked = typeof from === 'string' ? from : from[channel]
      const start: From = (isDurable ? from : (kept?.[channel] ?? asked)) ?? 'now'
      const request = { channel, filter, from: start, name, known: known?.[channel] }
      subscription.add(new ChannelSubscription({ request, handlers, failed, changed }))
    }
    this.#subscriptions.add(subscription)
    const connection = this.#connectionFor(subscription.parts.size)
    for (const part of subscription.parts.values()) connection.subscribe(part)
  }

  #step(input: Parameters<LiveConnection['step']>[0]): void {
    for (const connection of this.#connections) connection.step(input)
  }

  /** Two subscriptions of one name would share one position: each would pass what the other has acknowledged. */
  #isInUse(name: string, channel: Channel): boolean {
    return [...this.#subscriptions].some(one => {
      const state = one.name === name ? one.parts.get(channel)?.status.state : 'ended'
      return (state ?? 'ended') !== 'ended'
    })
  }

  #connectionFor(count: number): LiveConnection {
    const known = this.#connections.find(connection => connection.hasRoom(count))
    if (known !== undefined) return known
    const connection = new LiveConnection({
      ...this.#options,
      overflow: part => this.#connectionFor(1).subscribe(part)
    })
    this.#connections.push(connection)
    this.#unwatch ??= watchNetwork(input => this.#step(input))
    return connection
  }

  #forget(subscription: OpenSubscription): void {
    const { name, positions } = subscription
    this.#subscriptions.delete(subscription)
    if (name !== undefined) this.#ended.set(name, { ...this.#ended.get(name), ...positions })
  }

  #changed(subscription: OpenSubscription): void {
    if (subscription.hasEnded) this.#forget(subscription)
    const { status } = this
    if (isSame(status, this.#told)) return
    this.#told = status
    call(() => this.#options.onStatus?.(status))
  }
}
