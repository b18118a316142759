import { setTimeout as delay } from 'node:timers/promises'
import { createClient, type LiveRequest, type TickstockClient } from '@tickstock/client'
import type { Positions } from '@tickstock/contracts'
import type { SubscriptionRecord } from '../audit/record.ts'
import { DEVICE, type Role, SUBSCRIPTION } from './role.ts'
import type { Subscriber } from './subscriber.ts'
import { SubscriptionLog } from './subscription-log.ts'

type Kept = Parameters<NonNullable<LiveRequest['keep']>['store']['save']>[1]

/** What a page keeps under. */
const KEY = 'chaos'
/** So long an application is at an event before it ends in the middle of it: longer than positions wait to be saved or acknowledged. ms */
const STRUCK_AFTER = 400
/** Until an event comes for it to be in the middle of, ms. */
const STRUCK_WITHIN = 1_000

/** A subscriber by the SDK, as an application is. */
export class SdkSubscriber implements Subscriber {
  readonly #role: Role
  readonly #url: string
  readonly #logs: readonly SubscriptionLog[]
  readonly refusals: string[] = []
  /** As a page's storage: it outlives the page. */
  readonly #kept = new Map<string, Kept>()
  readonly #store = {
    load: (key: string) => this.#kept.get(key),
    save: (key: string, positions: Kept) => this.#kept.set(key, positions)
  }
  #client: TickstockClient | undefined
  /** It is to end in the middle of the next event. */
  #strike: (() => void) | undefined
  #reconnects = 0

  constructor(role: Role, url: string) {
    this.#role = role
    this.#url = url
    this.#logs = role.channels.map(channel => new SubscriptionLog(role.name, channel, role.filter))
  }

  get name(): string {
    return this.#role.name
  }

  get records(): readonly SubscriptionRecord[] {
    return this.#logs.map(({ record }) => record)
  }

  get delivered(): number {
    return this.#logs.reduce((sum, { events }) => sum + events, 0)
  }

  get gaps(): number {
    return this.#logs.reduce((sum, { gaps }) => sum + gaps, 0)
  }

  get reconnects(): number {
    return this.#reconnects + (this.#client?.counters.reconnects ?? 0)
  }

  get begun(): boolean {
    return this.#logs.every(({ position }) => position !== undefined)
  }

  behind(heads: Positions): string | undefined {
    for (const log of this.#logs) {
      const behind = log.behind(heads[log.channel])
      if (behind !== undefined) return [`${behind} (${this.#client?.state})`, ...this.refusals].join('; ')
    }
    return undefined
  }

  async open(): Promise<void> {
    const client = createClient({ url: this.#url, user: this.name, device: DEVICE })
    this.#client = client
    if (this.#role.start === 'now') this.#subscribe(client, 'now')
    else {
      const { positions } = await client.scan({ per_page: 1 })
      for (const log of this.#logs) log.begin(positions[log.channel])
      this.#subscribe(client, positions)
    }
  }

  leave(): void {
    this.close()
  }

  /** An application that is at an event when it ends is not done with it: it is to come again. */
  async reload(): Promise<void> {
    if (this.#role.habit !== 'stays' && this.#client !== undefined) await this.#strikeWithin(STRUCK_WITHIN)
    this.close()
    const client = createClient({ url: this.#url, user: this.name, device: DEVICE })
    this.#client = client
    if (this.#role.habit === 'acknowledges') {
      for (const log of this.#logs) log.begin()
      this.#subscribe(client, 'acknowledged')
      return
    }
    // What was saved goes before what it asks for.
    const kept = this.#role.habit === 'reloads' ? this.#kept.get(KEY) : undefined
    for (const log of this.#logs) log.begin(kept?.[log.channel] ?? log.position)
    this.#subscribe(client, Object.fromEntries(this.#logs.map(({ channel, position }) => [channel, position] as const)))
  }

  async #strikeWithin(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#strike = resolve
    await Promise.race([promise, delay(ms)])
    this.#strike = undefined
  }

  async scatter(afterMs: number): Promise<void> {
    this.close()
    await delay(afterMs)
    await this.reload()
  }

  close(): void {
    this.#reconnects += this.#client?.counters.reconnects ?? 0
    this.#client?.close()
    this.#client = undefined
  }

  #subscribe(client: TickstockClient, from: LiveRequest['from']): void {
    const { channels, filter, habit, paceMs } = this.#role
    const logs = new Map(this.#logs.map(log => [log.channel, log] as const))
    // A client that was closed says nothing any more: what it did not hand over is the next one's.
    const on = <Values extends readonly unknown[]>(act: (...values: Values) => unknown) => {
      return (...values: Values) => (this.#client === client ? act(...values) : undefined)
    }
    client.subscribe(
      {
        channels,
        filter,
        from,
        ...(habit === 'acknowledges' && { name: SUBSCRIPTION }),
        ...(habit === 'reloads' && { keep: { store: this.#store, key: KEY } })
      },
      {
        onEvent: on(({ id }, { channel, position }) => {
          const strike = this.#strike
          if (strike !== undefined) return delay(STRUCK_AFTER).then(strike).then(forever)
          logs.get(channel)?.event(position, id)
          if (paceMs > 0) return delay(paceMs)
        }),
        onGap: on(({ reason, have, next }, channel) => logs.get(channel)?.gap(reason, have, next)),
        onPosition: on(({ channel, position }) => logs.get(channel)?.at(position)),
        onRefused: on(({ code, detail }) => this.refusals.push(`${this.name}: ${code} ${detail}`))
      }
    )
  }
}

/** What the application never was done with. */
const forever = (): Promise<never> => new Promise(() => undefined)
