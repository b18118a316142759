import { createClient, type LiveRequest, type MissedEvents, type TickstockClient } from '@tickstock/client'
import type { PatternEvent, Position } from '@tickstock/contracts'
import { type Teardown, until } from '@tickstock/test-kit'

/** What an application sees of a feed, through the SDK. */
export class Subscriber {
  readonly events: PatternEvent[] = []
  readonly offsets: number[] = []
  readonly gaps: MissedEvents[] = []
  readonly client: TickstockClient
  #position: Position | undefined

  constructor(t: Teardown, url: string, request: LiveRequest) {
    this.client = createClient({ url, user: 'trader' })
    t.teardown(() => this.client.close())
    this.client.subscribe(request, {
      onEvent: (event, place) => {
        this.events.push(event)
        this.offsets.push(place.position.offset)
      },
      onGap: gap => this.gaps.push(gap),
      onPosition: place => {
        this.#position = place.position
      },
      onCaughtUp: place => {
        this.#position = place.position
      }
    })
  }

  /** Resolves when the subscription is live. */
  async live(): Promise<void> {
    await until(() => this.client.state === 'live' && this.#position, { what: 'the subscription to be live' })
  }

  get ids(): string[] {
    return this.events.map(event => event.id)
  }

  async received(count: number, within = 60_000): Promise<void> {
    await until(() => this.events.length >= count, {
      within,
      what: `${count} events; ${JSON.stringify(this.client.counters)}`
    })
  }
}
