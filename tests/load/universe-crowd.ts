import { Agent, request } from 'node:http'
import { json } from 'node:stream/consumers'
import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { createFilter, createWatchlist, getUniverse, SavedFilter, Watchlist } from '@tickstock/contracts'

const Lists = Type.Object({ watchlists: Type.Array(Watchlist) })
const Filters = Type.Object({ filters: Type.Array(SavedFilter) })
const Universe = Type.Composite([Lists, Filters])

const LISTS_EACH = 3
const FILTERS_EACH = 2

export interface CrowdOptions {
  /** Of the replicas of the service; each request goes to one by chance. */
  readonly urls: readonly string[]
  readonly users: number
  readonly symbols: readonly string[]
}

interface User {
  readonly name: string
  /** Id → the newest version that was acknowledged. */
  readonly lists: Map<string, number>
  readonly filters: Map<string, number>
}

/** Users with watchlists and saved filters, who read and edit them, and notice when they miss what they wrote. */
export class Crowd {
  readonly #options: CrowdOptions
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 })
  readonly #users: User[] = []
  /** Up to which share of all requests each user comes: Zipf, the first user is the busiest. */
  readonly #shares: number[] = []
  #edits = 0

  readonly latencies: number[] = []
  reads = 0
  writes = 0
  staleReads = 0

  constructor(options: CrowdOptions) {
    this.#options = options
    let sum = 0
    for (let rank = 1; rank <= options.users; rank++) {
      sum += 1 / rank
      this.#shares.push(sum)
    }
  }

  /** Gives each user what he begins with. */
  async settle(): Promise<void> {
    for (let n = 0; n < this.#options.users; n++) {
      const user: User = { name: `user-${n}`, lists: new Map(), filters: new Map() }
      this.#users.push(user)
      for (let list = 0; list < LISTS_EACH; list++) {
        const body = { name: `List ${list}`, symbols: this.#someSymbols(20) }
        const made = await this.#ask(user, Watchlist, 'POST', createWatchlist.url, body)
        user.lists.set(made.id, made.version)
      }
      for (let filter = 0; filter < FILTERS_EACH; filter++) {
        const body = { name: `Filter ${filter}`, criteria: { confidence_min: 0.5 } }
        const made = await this.#ask(user, SavedFilter, 'POST', createFilter.url, body)
        user.filters.set(made.id, made.version)
      }
    }
  }

  /** One request of somebody: nine of ten read. */
  async act(): Promise<void> {
    const user = this.#somebody()
    const began = performance.now()
    if (Math.random() < 0.1) await this.#edit(user)
    else {
      await this.#read(user)
      this.latencies.push(performance.now() - began)
    }
  }

  leave(): void {
    this.#agent.destroy()
  }

  async #read(user: User): Promise<void> {
    const lists = new Map(user.lists)
    const filters = new Map(user.filters)
    const kind = Math.random()
    if (kind < 0.5) {
      const found = await this.#ask(user, Universe, 'GET', getUniverse.url)
      this.#compare(lists, found.watchlists)
      this.#compare(filters, found.filters)
    } else if (kind < 0.7) {
      this.#compare(lists, (await this.#ask(user, Lists, 'GET', createWatchlist.url)).watchlists)
    } else if (kind < 0.9) {
      const [id, version] = pick([...lists])
      const found = await this.#ask(user, Watchlist, 'GET', `${createWatchlist.url}/${id}`)
      this.#compare(new Map([[id, version]]), [found])
    } else {
      this.#compare(filters, (await this.#ask(user, Filters, 'GET', createFilter.url)).filters)
    }
    this.reads += 1
  }

  #compare(written: ReadonlyMap<string, number>, found: readonly { readonly id: string; readonly version: number }[]) {
    const versions = new Map(found.map(({ id, version }) => [id, version]))
    const stale = [...written].some(([id, version]) => (versions.get(id) ?? 0) < version)
    if (stale) this.staleReads += 1
  }

  async #edit(user: User): Promise<void> {
    this.#edits += 1
    if (Math.random() < 0.8) {
      const [id] = pick([...user.lists])
      const body = { symbols: this.#someSymbols(20) }
      const made = await this.#ask(user, Watchlist, 'PATCH', `${createWatchlist.url}/${id}`, body)
      user.lists.set(id, Math.max(made.version, user.lists.get(id) ?? 0))
    } else {
      const [id] = pick([...user.filters])
      const body = { criteria: { confidence_min: (this.#edits % 100) / 100 } }
      const made = await this.#ask(user, SavedFilter, 'PATCH', `${createFilter.url}/${id}`, body)
      user.filters.set(id, Math.max(made.version, user.filters.get(id) ?? 0))
    }
    this.writes += 1
  }

  async #ask<Schema extends TSchema>(
    user: User,
    schema: Schema,
    method: string,
    path: string,
    body?: object
  ): Promise<Static<Schema>> {
    const { promise, resolve, reject } = Promise.withResolvers<{ status: number | undefined; body: unknown }>()
    const sent = request(
      new URL(path, pick(this.#options.urls)),
      { method, agent: this.#agent, headers: { 'x-user-id': user.name, 'content-type': 'application/json' } },
      answer => json(answer).then(body => resolve({ status: answer.statusCode, body }), reject)
    )
    sent.on('error', reject)
    sent.end(body && JSON.stringify(body))
    const answer = await promise
    if ((answer.status ?? 500) >= 300) {
      throw new Error(`${method} ${path} answers ${answer.status}: ${JSON.stringify(answer.body)}`)
    }
    return Value.Decode(schema, answer.body)
  }

  #somebody(): User {
    const point = Math.random() * (this.#shares.at(-1) ?? 0)
    const rank = this.#shares.findIndex(share => share >= point)
    return this.#users[rank] ?? pick(this.#users)
  }

  #someSymbols(count: number): string[] {
    const { symbols } = this.#options
    const first = Math.floor(Math.random() * symbols.length)
    return Array.from({ length: count }, (_, n) => symbols[(first + n) % symbols.length] ?? '')
  }
}

function pick<Item>(items: readonly Item[]): Item {
  const item = items[Math.floor(Math.random() * items.length)]
  if (item === undefined) throw new Error('nothing to pick from')
  return item
}
