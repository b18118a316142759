import assert from 'node:assert/strict'
import type { ServerMessage } from '@tickstock/contracts'
import fc from 'fast-check'
import t from 'tap'
import type { LiveStatus } from '../../src/live-status.ts'
import { ServerClock } from '../../src/session/server-clock.ts'
import { Session } from '../../src/session/session.ts'
import { countersFromZero } from '../../src/session/session-counters.ts'
import { detected } from './model-log.ts'

const HEARTBEAT = 5000
const HOUR = 3_600_000
/** How far the server's wall clock is from this machine's, ms. */
const SKEW = 1_700_000_000_000

/** A live subscription at the far end of a line that brings each message after a delay, in order; time is made up. */
class SlowLine {
  readonly #session = new Session({
    random: () => 0.5,
    answerWithinMs: HOUR,
    renewable: false,
    window: 2000,
    counters: countersFromZero(),
    backOff: { firstMs: 100, longestMs: 1000 }
  })
  status: LiveStatus | undefined
  #now = 0
  #offset = 0
  /** By the client's clock, when the last message came. */
  #arrived = 0
  /** Events that wait for the application. */
  readonly waiting: { readonly offset: number; readonly at: number }[] = []

  constructor() {
    this.#step({ type: 'subscribe', request: { id: 's', channel: 'daily', from: { epoch: 'e', offset: 0 } } })
    this.#step({ type: 'opened', socket: 1 })
    this.#hears({ type: 'welcome', user: 'u', server: 's', time: SKEW, heartbeat_ms: HEARTBEAT })
    const position = { epoch: 'e', offset: 0 }
    this.#hears({ type: 'subscribed', id: 's', feed: 'f', channel: 'daily', mode: 'live', position, top: 0 })
  }

  get now(): number {
    return this.#now
  }

  /** An event is appended and sent at a time, and arrives so much later. */
  event(sentAt: number, delay: number): void {
    this.#arrive(sentAt + delay)
    this.#offset += 1
    const at = SKEW + sentAt
    this.waiting.push({ offset: this.#offset, at: sentAt })
    const event = detected('A', this.#offset)
    this.#hears({ type: 'event', feed: 'f', epoch: 'e', offset: this.#offset, previous: this.#offset - 1, at, event })
  }

  heartbeat(sentAt: number, delay: number, time = SKEW + sentAt): void {
    this.#arrive(sentAt + delay)
    const { waiting } = this
    const head = { epoch: 'e', offset: this.#offset, last: this.#offset, top: this.#offset }
    const pipeline = { read_age_ms: 0, event_age_ms: null }
    this.#hears({ type: 'heartbeat', time, feeds: { f: head }, pipeline })
    if (waiting.length === 0) this.apply(0)
  }

  /** The application is done with so many events. */
  apply(events: number): void {
    const done = this.waiting.splice(0, events)
    const offset = this.waiting.length === 0 ? this.#offset : (done.at(-1)?.offset ?? 0)
    this.#step({ type: 'applied', id: 's', events: done.length, position: { epoch: 'e', offset } })
  }

  #arrive(at: number): void {
    this.#arrived = Math.max(this.#arrived, at)
    this.#now = this.#arrived
  }

  #hears(message: ServerMessage): void {
    this.#step({ type: 'frame', socket: 1, text: JSON.stringify(message) })
  }

  #step(input: Parameters<Session['step']>[0]): void {
    for (const effect of this.#session.step(input, this.#now)) {
      if (effect.type === 'status') this.status = effect.status
    }
  }
}

t.test(
  'on a line slower than its events the status is delayed, with the age of the newest that was applied',
  async t => {
    const line = new SlowLine()
    const ages: number[] = []
    // 100 events a second of 500 bytes each, at 8 KB/s: each takes 62.5 ms.
    for (let index = 0; index < 4000; index++) {
      const sentAt = index * 10
      const arrival = (index + 1) * 62.5
      if (sentAt % HEARTBEAT === 0) line.heartbeat(sentAt, arrival - sentAt)
      line.event(sentAt, arrival - sentAt)
      line.apply(1)
      const age = arrival - sentAt
      if (age < HEARTBEAT) t.equal(line.status?.state, 'live')
      else {
        assert.equal(line.status?.state, 'delayed')
        assert.ok(Math.abs((line.status?.age ?? 0) - age) <= 300, `${line.status?.age} is not ${age}`)
        ages.push(age)
      }
    }
    t.ok((ages.at(-1) ?? 0) > 200_000)

    line.heartbeat(line.now, HEARTBEAT / 2 + 500)
    t.equal(line.status?.state, 'delayed', 'not young enough')
    line.heartbeat(line.now, HEARTBEAT / 2 - 200)
    t.same(line.status, { state: 'live', behind: 0 })
  }
)

t.test('what waits for the application grows older, and heartbeats do not hide it', async t => {
  const line = new SlowLine()
  line.event(1000, 0)
  line.heartbeat(HEARTBEAT, 0)
  t.equal(line.status?.state, 'live')

  line.heartbeat(2 * HEARTBEAT, 0)
  t.match(line.status, { state: 'delayed', age: 2 * HEARTBEAT - 1000 })

  line.apply(1)
  t.equal(line.status?.state, 'live')
})

t.test('a quiet market is no delay, and neither is a server whose clock was set back', async t => {
  const line = new SlowLine()
  line.event(1000, 10)
  line.apply(1)
  for (let beat = 1; beat < 1000; beat++) line.heartbeat(beat * HEARTBEAT, 20)
  t.equal(line.status?.state, 'live')

  line.heartbeat(line.now, 20, SKEW - HOUR)
  line.heartbeat(line.now + HEARTBEAT, 20, SKEW - HOUR + HEARTBEAT)
  t.equal(line.status?.state, 'live')
})

t.test('the status is delayed exactly while what was applied is old', async t => {
  const message = fc.record({
    after: fc.integer({ min: 0, max: 3000 }),
    delay: fc.oneof(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 0, max: 60_000 })),
    isEvent: fc.boolean()
  })
  const property = fc.property(fc.array(message, { minLength: 1, maxLength: 60, size: 'max' }), list => {
    const line = new SlowLine()
    let sentAt = 0
    let arrived = 0
    let isOld = false
    for (const { after, delay, isEvent } of list) {
      sentAt += after
      const before = arrived
      arrived = Math.max(arrived, sentAt + delay)
      // A line that is silent for longer is left.
      if (arrived - before >= 2 * HEARTBEAT) return
      if (isEvent) line.event(sentAt, delay)
      else line.heartbeat(sentAt, delay)
      line.apply(1)
      const age = arrived - sentAt
      // The welcome was under way for no time, and clocks are allowed half a millisecond a second.
      const tolerance = 1 + arrived / 2000
      const bound: number = isOld ? HEARTBEAT / 2 : HEARTBEAT
      const isDelayed = line.status?.state === 'delayed'
      if (Math.abs(age - bound) > tolerance) assert.equal(isDelayed, age > bound, `${age} ms old`)
      isOld = isDelayed
    }
  })
  t.doesNotThrow(() => fc.assert(property, { numRuns: 500 * Number(process.env.RUNS ?? 1) }))
})

t.test('the time of a server is that of its fastest message, however slow the others are', async t => {
  const messages = fc.array(fc.tuple(fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 0, max: 60_000 })), {
    minLength: 1,
    maxLength: 100
  })
  const property = fc.property(messages, fc.integer({ min: -HOUR, max: HOUR }), (list, skew) => {
    const clock = new ServerClock()
    let sentAt = HOUR
    let now = 0
    let least = Number.POSITIVE_INFINITY
    for (const [after, delay] of list) {
      sentAt += after
      const arrival = Math.max(now, sentAt + delay)
      least = Math.min(least + (arrival - now) * 0.0005, arrival - sentAt)
      now = arrival
      clock.heard(sentAt + skew, now)
      const behind = now + skew - clock.timeAt(now)
      assert.ok(behind >= -0.001 && behind <= least + 0.001, `${behind} ms behind, at most ${least}`)
      assert.ok(Math.abs(clock.timeAt(clock.whenIs(sentAt)) - sentAt) < 0.001)
    }
  })
  t.doesNotThrow(() => fc.assert(property, { numRuns: 500 * Number(process.env.RUNS ?? 1) }))
})
