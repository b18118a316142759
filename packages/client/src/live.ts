import { CHANNELS, type Channel, type EventFilter, type PatternEvent, type Position } from '@tickstock/contracts'
import type { MissedEvents, Refusal, SessionState } from './session/effect.ts'
import { Session, type SessionCounters, type SessionOptions } from './session/session.ts'
import { type Notice, SessionRunner, type SessionRunnerOptions } from './session-runner.ts'

export interface LiveRequest {
  /** Default: all. */
  readonly channels?: readonly Channel[] | undefined
  readonly filter?: EventFilter | undefined
  /** `'now'` (default), or a position for each channel, e.g. those of a scan: everything after it comes first. */
  readonly from?: 'now' | { readonly [Name in Channel]?: Position } | undefined
}

/** Where an event stands in its channel's log. */
export interface Place {
  readonly channel: Channel
  readonly position: Position
}

/** An error of a handler is the application's: it is thrown on, and the subscription goes on. */
export interface LiveHandlers {
  /** Each event that matches, once, in the order of its channel. */
  onEvent(event: PatternEvent, place: Place): void
  /** Events are lost to this subscription: scan again. It goes on after `gap.next`. */
  onGap?(gap: MissedEvents, channel: Channel): void
  /** The replay of a channel has reached the live end; again after each reconnect. */
  onCaughtUp?(place: Place): void
  /** Everything that matches up to here was delivered. */
  onPosition?(place: Place): void
  onState?(state: SessionState, reason: string): void
  /** It was refused. It is asked for again only if that is temporary. */
  onRefused?(refusal: Refusal, channel: Channel | undefined): void
}

export interface LiveSubscription {
  unsubscribe(): void
}

interface Listener {
  readonly channel: Channel
  readonly handlers: LiveHandlers
}

/** Every live subscription of a client, over one socket. */
export class Live {
  readonly #session: Session
  readonly #runner: SessionRunner
  readonly #listeners = new Map<string, Listener>()
  #subscriptions = 0

  constructor(options: SessionOptions & Pick<SessionRunnerOptions, 'url' | 'auth'>) {
    this.#session = new Session(options)
    const { url, auth } = options
    this.#runner = new SessionRunner({ session: this.#session, url, auth, notice: notice => this.#tell(notice) })
  }

  get state(): SessionState {
    return this.#session.state
  }

  get counters(): SessionCounters {
    return this.#session.counters
  }

  subscribe({ channels = CHANNELS, filter, from = 'now' }: LiveRequest, handlers: LiveHandlers): LiveSubscription {
    if (this.state === 'closed') throw new Error('the client is closed')
    this.#subscriptions += 1
    const ids = channels.map(channel => {
      const id = `${this.#subscriptions}.${channel}`
      this.#listeners.set(id, { channel, handlers })
      const start = from === 'now' ? from : (from[channel] ?? 'now')
      this.#runner.step({ type: 'subscribe', request: { id, channel, filter, from: start } })
      return id
    })
    return {
      unsubscribe: () => {
        for (const id of ids) this.#forget(id)
      }
    }
  }

  /** Tries again at once, e.g. with a new token. */
  reconnect(): void {
    this.#runner.step({ type: 'reconnect' })
  }

  close(): void {
    this.#runner.step({ type: 'close' })
    this.#listeners.clear()
  }

  #forget(id: string): void {
    if (this.#listeners.delete(id)) this.#runner.step({ type: 'unsubscribe', id })
  }

  #tell(notice: Notice): void {
    if (notice.type === 'state') {
      for (const handlers of this.#handlers()) call(() => handlers.onState?.(notice.state, notice.reason))
    } else if (notice.type === 'refused' && notice.id === undefined) {
      for (const handlers of this.#handlers()) call(() => handlers.onRefused?.(notice.refusal, undefined))
    } else {
      const listener = this.#listeners.get(notice.id ?? '')
      if (notice.type === 'refused' && !notice.refusal.temporary) this.#listeners.delete(notice.id ?? '')
      if (listener !== undefined) call(() => tellOne(listener, notice))
    }
  }

  #handlers(): Set<LiveHandlers> {
    return new Set([...this.#listeners.values()].map(({ handlers }) => handlers))
  }
}

function tellOne({ channel, handlers }: Listener, notice: Exclude<Notice, { type: 'state' }>): void {
  switch (notice.type) {
    case 'deliver':
      handlers.onEvent(notice.event, { channel, position: notice.position })
      break
    case 'gap':
      handlers.onGap?.(notice.gap, channel)
      break
    case 'caught_up':
      handlers.onCaughtUp?.({ channel, position: notice.position })
      break
    case 'position':
      handlers.onPosition?.({ channel, position: notice.position })
      break
    case 'refused':
      handlers.onRefused?.(notice.refusal, channel)
  }
}

/** An error in a handler must not stop the session, nor be lost: it becomes the program's uncaught error. */
function call(handler: () => void): void {
  try {
    handler()
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}
