import { setTimeout as delay } from 'node:timers/promises'
import { createClient, type LiveRequest, type TickstockClient } from '@tickstock/client'
import type { Positions } from '@tickstock/contracts'
import type { SubscriptionRecord } from '../audit/record.ts'
import { DEVICE, type Role, SUBSCRIPTION } from './role.ts'
import type { Subscriber } from './subscriber.ts'
import { SubscriptionLog } from './subscription-log.ts'

/** A subscriber by the SDK, as an application is. */
export class SdkSubscriber implements Subscriber {
  readonly #role: Role
  readonly #url: string
  readonly #logs: readonly SubscriptionLog[]
  readonly refusals: string[] = []
  #client: TickstockClient | undefined
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

  async reload(): Promise<void> {
    this.close()
    const client = createClient({ url: this.#url, user: this.name, device: DEVICE })
    this.#client = client
    if (this.#role.habit === 'acknowledges') {
      for (const log of this.#logs) log.begin()
      this.#subscribe(client, 'acknowledged')
      return
    }
    for (const log of this.#logs) if (log.position !== undefined) log.begin(log.position)
    this.#subscribe(client, Object.fromEntries(this.#logs.map(({ channel, position }) => [channel, position] as const)))
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
      { channels, filter, from, ...(habit === 'acknowledges' && { name: SUBSCRIPTION }) },
      {
        onEvent: on(({ id }, { channel, position }) => {
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
