import t from 'tap'
import { drain } from '../../src/routes/drain.ts'

const WITHIN = 800

/** Clients and a clock: time passes while `drain` waits, and at no other moment. */
class Crowd extends Set<Client> {
  now = 0

  readonly wait = async (ms: number) => {
    this.now += ms
    for (const client of this) if (client.goneAt <= this.now) this.delete(client)
  }
}

/** Notes when it is told to go and closed, and leaves when it pleases. */
class Client {
  readonly #crowd: Crowd
  readonly #leavesWhenTold: boolean
  readonly #takesMs: number
  toldAt = Number.NaN
  closedAt = Number.NaN
  withinMs = Number.NaN
  goneAt = Number.POSITIVE_INFINITY

  /** @param takesMs from its close to the moment at which it has taken all that waits for it */
  constructor(crowd: Crowd, { leavesWhenTold = false, takesMs = 0 } = {}) {
    this.#crowd = crowd
    this.#leavesWhenTold = leavesWhenTold
    this.#takesMs = takesMs
    crowd.add(this)
  }

  drain(withinMs: number): void {
    this.toldAt = this.#crowd.now
    this.withinMs = withinMs
    if (this.#leavesWhenTold) this.#crowd.delete(this)
  }

  close(): void {
    if (!Number.isNaN(this.closedAt)) return
    this.closedAt = this.#crowd.now
    this.goneAt = this.closedAt + this.#takesMs
    if (this.#takesMs === 0) this.#crowd.delete(this)
  }
}

const mostAtOnce = (moments: readonly number[]) =>
  Math.max(...[...Map.groupBy(moments, at => at).values()].map(({ length }) => length))

t.test('tells clients to go step by step, and closes those that stay when their time is over', async t => {
  const crowd = new Crowd()
  const clients = Array.from({ length: 200 }, () => new Client(crowd))

  await drain(crowd, WITHIN, crowd.wait)

  t.equal(crowd.size, 0)
  t.ok(crowd.now <= WITHIN)
  t.equal(mostAtOnce(clients.map(({ toldAt }) => toldAt)), 5)
  t.ok(Math.max(...clients.map(({ toldAt }) => toldAt)) > 0.5 * WITHIN, 'spread over the time')
  t.equal(mostAtOnce(clients.map(({ closedAt }) => closedAt)), 5)
  for (const { toldAt, closedAt, withinMs } of clients) t.ok(closedAt - toldAt >= Math.floor(withinMs))
})

t.test('waits for closed clients that are still reading, and closes the others meanwhile', async t => {
  const crowd = new Crowd()
  const clients = Array.from({ length: 200 }, () => new Client(crowd, { takesMs: 0.1 * WITHIN }))

  await drain(crowd, WITHIN, crowd.wait)

  t.equal(crowd.size, 0, 'the last have gone by themselves')
  t.equal(mostAtOnce(clients.map(({ closedAt }) => closedAt)), 5)
})

t.test('does not close a client that leaves when told, and does not wait for an empty crowd', async t => {
  const crowd = new Crowd()
  const clients = Array.from({ length: 10 }, () => new Client(crowd, { leavesWhenTold: true }))
  await drain(crowd, WITHIN, crowd.wait)
  t.ok(clients.every(({ toldAt, closedAt }) => toldAt >= 0 && Number.isNaN(closedAt)))

  const alone = new Crowd()
  new Client(alone, { leavesWhenTold: true })
  await drain(alone, 60_000, alone.wait)
  t.equal(alone.now, (60_000 * 0.6) / 40, 'one step')

  const empty = new Crowd()
  await drain(empty, 60_000, empty.wait)
  t.equal(empty.now, 0)
})
