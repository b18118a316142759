import t from 'tap'
import { drain } from '../../src/routes/drain.ts'

/** Clients that note when they are told and closed, and leave when they are, as they please. */
class Crowd extends Set<Client> {}

class Client {
  readonly #crowd: Crowd
  readonly #leavesWhenTold: boolean
  toldAt = Number.NaN
  closedAt = Number.NaN
  withinMs = Number.NaN
  /** What it takes to take what waits for it, ms. */
  goesWithin = 0

  constructor(crowd: Crowd, leavesWhenTold: boolean) {
    this.#crowd = crowd
    this.#leavesWhenTold = leavesWhenTold
    crowd.add(this)
  }

  drain(withinMs: number): void {
    this.toldAt = performance.now()
    this.withinMs = withinMs
    if (this.#leavesWhenTold) this.#crowd.delete(this)
  }

  close(): void {
    if (!Number.isNaN(this.closedAt)) return
    this.closedAt = performance.now()
    if (this.goesWithin === 0) this.#crowd.delete(this)
    else setTimeout(() => this.#crowd.delete(this), this.goesWithin)
  }
}

const WITHIN = 800

t.test('clients are told one after the other, and closed when their time is over', async t => {
  const crowd = new Crowd()
  const clients = Array.from({ length: 200 }, () => new Client(crowd, false))
  const began = performance.now()
  await drain(crowd, WITHIN)

  t.equal(crowd.size, 0)
  const told = clients.map(({ toldAt }) => toldAt - began)
  t.ok(Math.max(...told) > 0.5 * WITHIN, 'spread over time')
  for (let at = 0; at < told.length; at += 5) t.equal(new Set(told.slice(at, at + 5).map(Math.floor)).size <= 2, true)
  for (const { toldAt, closedAt, withinMs } of clients)
    t.ok(closedAt - toldAt >= withinMs * 0.8, `${closedAt - toldAt} of ${withinMs} ms`)
  const together = [...Map.groupBy(clients, ({ closedAt }) => Math.floor(closedAt)).values()]
  const inOneStep = Math.max(...together.map(({ length }) => length))
  t.ok(inOneStep <= 20, `${inOneStep} closed at once`)
})

t.test('who takes long to go once closed holds up nobody, and is waited for', async t => {
  const crowd = new Crowd()
  const clients = Array.from({ length: 200 }, () => new Client(crowd, false))
  for (const client of clients) client.goesWithin = 0.1 * WITHIN
  await drain(crowd, WITHIN)

  t.equal(crowd.size, 0, 'the last have gone by themselves')
  const together = [...Map.groupBy(clients, ({ closedAt }) => Math.floor(closedAt)).values()]
  const inOneStep = Math.max(...together.map(({ length }) => length))
  t.ok(inOneStep <= 20, `${inOneStep} closed at once`)
})

t.test('who leaves when told is not closed, and nobody is waited for in vain', async t => {
  const crowd = new Crowd()
  const clients = Array.from({ length: 10 }, () => new Client(crowd, true))
  await drain(crowd, WITHIN)
  t.ok(clients.every(({ toldAt, closedAt }) => toldAt > 0 && Number.isNaN(closedAt)))

  const began = performance.now()
  const alone = new Crowd()
  new Client(alone, true)
  await drain(alone, 60_000)
  await drain(new Crowd(), 60_000)
  t.ok(performance.now() - began < 30_000)
})
