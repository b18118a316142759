import t from 'tap'
import { drain, handOver } from '../../src/routes/drain.ts'

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

/** `many` clients, of which every third leaves when it is told: another instance takes them. */
const someLeave = (crowd: Crowd, many: number, takesMs = 0) =>
  Array.from({ length: many }, (_, at) => new Client(crowd, { leavesWhenTold: at % 3 === 0, takesMs }))

const drained = (crowd: Crowd, withinMs = WITHIN) => drain(crowd, { withinMs, wait: crowd.wait })

t.test('tells clients to go step by step, and closes those that stay when their time is over', async t => {
  const crowd = new Crowd()
  const clients = someLeave(crowd, 240)

  await drained(crowd)

  t.equal(crowd.size, 0)
  t.ok(crowd.now <= WITHIN)
  t.equal(mostAtOnce(clients.map(({ toldAt }) => toldAt)), 6)
  t.ok(Math.max(...clients.map(({ toldAt }) => toldAt)) > 0.5 * WITHIN, 'spread over the time')
  const stayed = clients.filter(({ closedAt }) => closedAt > 0)
  t.equal(stayed.length, 160)
  t.equal(mostAtOnce(stayed.map(({ closedAt }) => closedAt)), 4)
  for (const { toldAt, closedAt, withinMs } of stayed) t.ok(closedAt - toldAt >= Math.floor(withinMs))
})

t.test('waits for closed clients that are still reading, and closes the others meanwhile', async t => {
  const crowd = new Crowd()
  const clients = someLeave(crowd, 240, 0.1 * WITHIN)

  await drained(crowd)

  t.equal(crowd.size, 0, 'the last have gone by themselves')
  t.equal(mostAtOnce(clients.map(({ closedAt }) => closedAt).filter(at => at > 0)), 4)
})

t.test('does not close a client that leaves when told, and does not wait for an empty crowd', async t => {
  const crowd = new Crowd()
  const clients = Array.from({ length: 10 }, () => new Client(crowd, { leavesWhenTold: true }))
  await drained(crowd)
  t.ok(clients.every(({ toldAt, closedAt }) => toldAt >= 0 && Number.isNaN(closedAt)))

  const alone = new Crowd()
  new Client(alone, { leavesWhenTold: true })
  await drained(alone, 60_000)
  t.equal(alone.now, (60_000 * 0.6) / 40, 'one step')

  const empty = new Crowd()
  await drained(empty, 60_000)
  t.equal(empty.now, 0)
})

t.test('serves clients that no other instance takes to the end, and closes them together', async t => {
  const crowd = new Crowd()
  const clients = Array.from({ length: 200 }, (_, at) => new Client(crowd, { leavesWhenTold: at === 0 }))

  await drained(crowd)

  const closedAt = new Set(clients.slice(1).map(client => client.closedAt))
  t.same([...closedAt], [crowd.now], 'nothing follows but the exit')
  t.ok(crowd.now < WITHIN)
})

t.test('an instance that stays hands over to others, and keeps the clients if there are none', async t => {
  const taken = new Crowd()
  const clients = someLeave(taken, 240)
  await handOver(taken, { withinMs: WITHIN, wait: taken.wait })
  t.equal(taken.size, 0)
  t.equal(mostAtOnce(clients.map(({ closedAt }) => closedAt).filter(at => at > 0)), 4)

  const kept = new Crowd()
  for (let at = 0; at < 200; at++) new Client(kept)
  await handOver(kept, { withinMs: WITHIN, wait: kept.wait })
  t.ok([...kept].every(({ toldAt, closedAt }) => toldAt >= 0 && Number.isNaN(closedAt)))
})

t.test('an instance that can serve again tells and closes no more clients', async t => {
  for (const over of [0.3 * WITHIN, 0.8 * WITHIN]) {
    const crowd = new Crowd()
    const clients = someLeave(crowd, 240)
    await handOver(crowd, { withinMs: WITHIN, wait: crowd.wait, isOver: () => crowd.now >= over })
    const moments = clients.flatMap(({ toldAt, closedAt }) => [toldAt, closedAt]).filter(at => at >= 0)
    t.ok(Math.max(...moments) < over)
    t.ok(crowd.size > 0)
  }
})
