import { setTimeout as delay } from 'node:timers/promises'
import { createClient, type LiveRequest, type TickstockClient } from '@tickstock/client'
import type { Positions } from '@tickstock/contracts'
import type { SubscriptionRecord } from '../audit/record.ts'
import { DEVICE, type Role, SUBSCRIPTION, type Subscription } from './role.ts'
import type { Subscriber } from './subscriber.ts'
import { SubscriptionLog } from './subscription-log.ts'

type Kept = Parameters<NonNullable<LiveRequest['keep']>['store']['save']>[1]

/** One subscription of the application, and what it goes through on each of its channels. */
interface Part extends Subscription {
  /** What a page keeps under. */
  readonly key: string
  readonly logs: readonly SubscriptionLog[]
}

/** So long an application is at an event before it ends in the middle of it: longer than positions wait to be saved or acknowledged. ms */
const STRUCK_AFTER = 400
/** Until an event comes for it to be in the middle of, ms. */
const STRUCK_WITHIN = 1_000

/** A subscriber by the SDK, as an application is. */
export class SdkSubscriber implements Subscriber {
  readonly #role: Role
  readonly #url: string
  readonly #parts: readonly Part[]
  readonly #logs: readonly SubscriptionLog[]
  readonly faults: readonly string[] = []
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
    this.#parts = role.subscriptions.map((subscription, n) => ({
      ...subscription,
      key: `chaos-${n}`,
      logs: subscription.channels.map(channel => {
        const { filter } = subscription
        return new SubscriptionLog({ subscriber: role.name, subscription: n, channel, filter, isExact: false })
      })
    }))
    this.#logs = this.#parts.flatMap(({ logs }) => logs)
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
    return this.#reconnects + (this.#client?.counters.reconnects ?? 0)
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
      if (behind !== undefined) return [`${behind} (${this.#client?.state})`, ...this.refusals].join('; ')
    }
    return undefined
  }

  takeRecords(): readonly SubscriptionRecord[] {
    return this.#logs.map(log => log.take())
  }

  async open(): Promise<void> {
    const client = this.#begin()
    for (const part of this.#parts) {
      if (part.start !== 'scan') this.#subscribe(client, part, part.start)
      else {
        const { positions } = await client.scan({ per_page: 1 })
        for (const log of part.logs) log.begin(positions[log.channel])
        this.#subscribe(client, part, positions)
      }
    }
  }

  leave(): void {
    this.close()
  }

  /** An application that is at an event when it ends is not done with it: it is to come again. */
  async reload(): Promise<void> {
    if (this.#role.habit !== 'stays' && this.#client !== undefined) await this.#strikeWithin(STRUCK_WITHIN)
    this.close()
    const client = this.#begin()
    for (const part of this.#parts) this.#resume(client, part)
  }

  #begin(): TickstockClient {
    const client = createClient({ url: this.#url, user: this.#role.user, device: DEVICE })
    this.#client = client
    return client
  }

  #resume(client: TickstockClient, part: Part): void {
    const { habit } = this.#role
    const { start, key, logs } = part
    if (habit === 'acknowledges' || start === 'snapshot') {
      for (const log of logs) log.begin()
      this.#subscribe(client, part, start === 'snapshot' ? start : 'acknowledged')
      return
    }
    // What was saved goes before what it asks for.
    const kept = habit === 'reloads' ? this.#kept.get(key) : undefined
    for (const log of logs) log.begin(kept?.[log.channel] ?? log.position)
    this.#subscribe(client, part, Object.fromEntries(logs.map(({ channel, position }) => [channel, position] as const)))
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

  #subscribe(client: TickstockClient, part: Part, from: LiveRequest['from']): void {
    const { habit, paceMs } = this.#role
    const { channels, filter, key } = part
    const logs = new Map(part.logs.map(log => [log.channel, log] as const))
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
        ...(habit === 'reloads' && { keep: { store: this.#store, key } })
      },
      {
        onEvent: on((event, { channel, position, change }) => {
          const strike = this.#strike
          if (strike !== undefined) return delay(STRUCK_AFTER).then(strike).then(forever)
          logs.get(channel)?.event(position, event, change)
          if (paceMs > 0) return delay(paceMs)
        }),
        onGap: on(({ reason, have, next }, channel) => logs.get(channel)?.gap(reason, have, next)),
        onPosition: on(({ channel, position }) => logs.get(channel)?.at(position)),
        onRetargeted: on(({ channel }) => logs.get(channel)?.retargeted()),
        onSnapshot: on((patterns, { channel, position, ...page }) =>
          logs.get(channel)?.snapshot(patterns, position, page)
        ),
        onRefused: on(({ code, detail }) => this.refusals.push(`${this.name}: ${code} ${detail}`))
      }
    )
  }
}

/** What the application never was done with. */
const forever = (): Promise<never> => new Promise(() => undefined)
