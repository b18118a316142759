import { setTimeout as delay } from 'node:timers/promises'
import type { Channel, Pattern, PatternEvent, Position } from '@tickstock/contracts'
import { createClient, type TickstockClient } from '../client.ts'
import { RequestError } from '../http/request-error.ts'
import type { EventPlace, LiveHandlers } from '../live-handlers.ts'
import type { LiveRequest, LiveSubscription } from '../live-request.ts'
import type { MissedEvents, SessionState } from '../session/effect.ts'
import { fileStore } from '../stores/file-store.ts'
import type { WatchOptions } from './options.ts'
import { Screen } from './screen.ts'
import { header, kindOf, type Paint, paintFor, rowLine } from './table.ts'

/** Milliseconds between attempts to scan a system that is not up yet. */
const SCAN_AGAIN = 500

/** Prints what a client receives, and keeps the figures. */
export class Watcher {
  readonly #options: WatchOptions
  readonly #client: TickstockClient
  readonly #screen: Screen
  readonly #paint: Paint
  readonly #positions = new Map<Channel, Position>()
  readonly #done = Promise.withResolvers<0 | 1>()
  #subscription: LiveSubscription | undefined
  #received = 0
  #gaps = 0
  #latency: number | undefined
  #wasLive = false

  constructor(options: WatchOptions, out: NodeJS.WriteStream) {
    this.#options = options
    this.#client = createClient({
      ...options,
      onWarning: ({ detail, action }) => this.#note(`${detail}. ${action}`)
    })
    this.#screen = new Screen(out)
    this.#paint = paintFor(out)
  }

  /** Watches until `stop`, the limit, or a refusal. Returns the exit code. */
  async run(): Promise<0 | 1> {
    const { channels, filter, from, name, store, json } = this.#options
    if (!json) this.#screen.line(header(this.#paint))
    const start = from === 'scan' ? await this.#scan() : from
    const keep = store === undefined ? undefined : { store: fileStore(store), key: name ?? 'watch' }
    if (start !== undefined) {
      this.#subscription = this.#client.subscribe({ channels, filter, from: start, name, keep }, this.#handlers)
    }
    return this.#done.promise
  }

  stop(code: 0 | 1 = 0): void {
    this.#client.close()
    this.#screen.bottom('')
    this.#done.resolve(code)
  }

  summary(): string {
    const { duplicates, reconnects } = this.#client.counters
    const missed = this.#gaps === 0 ? 'missed 0' : `gaps ${this.#gaps}`
    return `received ${this.#received}, ${missed}, duplicates dropped ${duplicates}, reconnects ${reconnects}`
  }

  readonly #handlers: LiveHandlers = {
    onEvent: (event, place) => this.#event(event, place),
    onSnapshot: patterns => this.#printAll(patterns),
    onGap: (gap, channel) => this.#gap(gap, channel),
    onPosition: ({ channel, position }) => {
      this.#positions.set(channel, position)
      this.#status()
    },
    onStatus: () => this.#status(),
    onState: (state, reason) => this.#state(state, reason),
    onRefused: ({ detail, action, temporary }) => {
      this.#note(`refused: ${detail}. ${action}`)
      if (!temporary) this.stop(1)
    }
  }

  /** Prints the patterns that live now, once the system is up; gives the positions to go on from. */
  async #scan(): Promise<LiveRequest['from'] | undefined> {
    const { filter, channels } = this.#options
    const [channel, ...others] = channels
    const timeframe = channel !== undefined && others.length === 0 ? channel : 'All'
    const query = { ...filter, timeframe, sort_by: 'detected_at', sort_order: 'asc', per_page: 100 } as const
    for (let attempt = 1; this.#client.state !== 'closed'; attempt++) {
      try {
        const { patterns, positions } = await this.#client.scan(query)
        this.#printAll(patterns.filter(({ channel }) => channels.includes(channel)))
        return positions
      } catch (error) {
        if (!(error instanceof RequestError)) throw error
        this.#note(`${attempt === 1 ? `waiting for ${this.#options.url}: ` : ''}${error.message}`, attempt === 1)
        if (!error.temporary) this.stop(1)
        await delay(SCAN_AGAIN)
      }
    }
    return undefined
  }

  #printAll(patterns: readonly Pattern[]): void {
    for (const pattern of patterns) {
      if (this.#options.json) this.#screen.line(JSON.stringify({ type: 'live', pattern }))
      else this.#screen.line(rowLine({ kind: 'live', at: pattern.detected_at, pattern }, this.#paint))
    }
  }

  #event(event: PatternEvent, place: EventPlace): Promise<never> | undefined {
    // What is not printed is not done with: it comes in the next run.
    if (this.#received >= this.#options.limit) return new Promise(() => undefined)
    const { channel, position, change } = place
    const { pattern, published_at: at } = event
    this.#received += 1
    this.#latency = Date.now() - at
    this.#positions.set(channel, position)
    if (this.#options.json) this.#screen.line(JSON.stringify({ type: 'event', channel, ...position, change, event }))
    else this.#screen.line(rowLine({ kind: kindOf(event, change), at, pattern, place }, this.#paint))
    this.#status()
    // After this one counts as printed.
    if (this.#received === this.#options.limit) queueMicrotask(() => this.stop())
    return undefined
  }

  #gap(gap: MissedEvents, channel: Channel): void {
    this.#gaps += 1
    this.#positions.set(channel, gap.next)
    if (this.#options.json) this.#screen.line(JSON.stringify({ type: 'gap', channel, ...gap }))
    else {
      const { reason, have, next } = gap
      this.#screen.line(this.#paint('red', `── gap (${reason}) in ${channel}: ${placeText(have)} → ${placeText(next)}`))
    }
    // It was told, and whoever watches knows: what comes is what there is.
    this.#subscription?.rescanned()
    this.#status()
  }

  #state(state: SessionState, reason: string): void {
    if (state === 'live')
      this.#note(this.#wasLive ? 'connected again, and resumed' : `connected to ${this.#options.url}`)
    if (state === 'waiting')
      this.#note(this.#wasLive ? `cut (${reason}): resuming` : `waiting for ${this.#options.url}`)
    if (state === 'stopped') {
      this.#note(`stopped: ${reason}`)
      this.stop(1)
    }
    this.#wasLive ||= state === 'live'
    this.#status()
  }

  #lastNote = ''

  /** What is not an event goes to stderr, so that stdout is the events alone; the same is not said twice in a row. */
  #note(text: string, say = true): void {
    if (text === this.#lastNote || !say) return
    this.#lastNote = text
    this.#screen.bottom('')
    process.stderr.write(`${text}\n`)
  }

  #status(): void {
    if (this.#options.json || this.#client.state === 'closed') return
    const places = [...this.#positions].map(([channel, position]) => `${channel} ${placeText(position)}`)
    const missed = this.#gaps === 0 ? '0 missed' : `${this.#gaps} gaps`
    const latency = this.#latency === undefined ? '' : `${this.#latency} ms`
    const parts = [this.#standing(), ...places, missed, `${this.#received} received`, latency]
    this.#screen.bottom(parts.filter(part => part !== '').join('  ·  '))
  }

  #standing(): string {
    const { state, behind } = this.#subscription?.status ?? this.#client.status
    const name = state.replace('_', ' ')
    return behind === 0 ? name : `${name}, ${behind} behind`
  }
}

const placeText = ({ epoch, offset }: Position) => `${epoch.slice(0, 6)}:${offset}`
