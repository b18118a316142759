import fc from 'fast-check'
import t from 'tap'
import { Liveness } from '../../src/domain/liveness.ts'
import { PROBE_BYTES, Probes } from '../../src/domain/probes.ts'
import { SimulatedClient } from './simulated-client.ts'

const setting = () => {
  const outlet = new SimulatedClient()
  return { outlet, liveness: new Liveness({ outlet, now: 0, attentionMs: 100 }) }
}

t.test('silence counts from the last sign of life', async t => {
  const { liveness } = setting()
  t.same([liveness.silence(50), liveness.silence(150)], [50, 150])
  liveness.heard(200)
  t.same([liveness.silence(240), liveness.age(240)], [40, 240])
})

t.test('bytes that waited and went are a sign of life, those that did not wait are none', async t => {
  const { liveness, outlet } = setting()
  outlet.taken = 10
  t.equal(liveness.silence(50), 50)
  outlet.buffered = 5
  t.equal(liveness.silence(100), 100)
  outlet.taken = 15
  t.equal(liveness.silence(150), 0)
})

t.test('time in which nobody looked is no silence, and no age', async t => {
  const { liveness } = setting()
  t.equal(liveness.silence(80), 80)
  t.same([liveness.silence(60_000), liveness.age(60_000)], [80, 80])
  t.equal(liveness.silence(60_100), 180)
  liveness.heard(90_000)
  t.equal(liveness.silence(90_010), 0, 'heard before it is looked at')
  t.equal(liveness.silence(90_050), 40)
})

t.test('a reader has the time in which 1 KB/s reads what lies before the next ping', async t => {
  const { liveness, outlet } = setting()
  outlet.ahead = 256
  t.equal(liveness.silence(80), 0)
  for (let now = 160; now < 400; now += 80) liveness.silence(now)
  t.equal(liveness.silence(400), 150)
})

const HEARTBEAT = 5_000
const LOOK = 250
const FRAME = 64 * 1024
/** What a heartbeat has, about. */
const BEAT = 200

/** A gateway's connection to a reader, with kernels and proxies between them that hold many bytes. */
class Reader {
  readonly probes = new Probes()
  readonly liveness: Liveness
  readonly #capacity: number
  readonly #pings: { readonly payload: string; readonly end: number }[] = []
  #now = 0
  #beatAt = 0
  #handed = 0
  #read = 0
  /** Bytes that have left the gateway. A kernel takes more only when a third of its room is free. */
  #sent = 0
  silence = 0

  constructor(capacity: number) {
    this.#capacity = capacity
    const outlet = new SimulatedClient()
    this.liveness = new Liveness({
      outlet: Object.defineProperties(outlet, {
        taken: { get: () => this.#sent },
        buffered: { get: () => this.#handed - this.#sent },
        ahead: { get: () => this.probes.ahead }
      }),
      now: 0,
      attentionMs: HEARTBEAT / 4
    })
  }

  /** As the publisher does: nothing while bytes wait. */
  write(bytes: number): void {
    if (this.#handed > this.#sent) return
    this.#hand(bytes)
  }

  /** Time passes, in which the peer reads so many bytes a second, and one look ends it. */
  pass(bytesPerSecond: number): void {
    this.#now += LOOK
    this.#read = Math.min(this.#sent, this.#read + (bytesPerSecond * LOOK) / 1_000)
    if (this.#sent - this.#read <= (this.#capacity * 2) / 3) this.#send()
    for (let [ping] = this.#pings; ping !== undefined && ping.end <= this.#read; [ping] = this.#pings) {
      this.#pings.shift()
      this.probes.pong(ping.payload)
      this.liveness.heard(this.#now)
    }
    this.silence = this.liveness.silence(this.#now)
    if (this.#now - this.#beatAt < HEARTBEAT || this.#handed - this.#sent > FRAME) return
    this.#beatAt = this.#now
    this.#hand(BEAT)
    this.#ping()
  }

  #hand(bytes: number): void {
    this.#handed += bytes
    if (this.probes.hand(bytes)) this.#ping()
    if (this.#sent - this.#read <= (this.#capacity * 2) / 3) this.#send()
  }

  #ping(): void {
    this.#pings.push({ payload: this.probes.ping(), end: this.#handed })
  }

  #send(): void {
    this.#sent = Math.min(this.#handed, this.#read + this.#capacity)
  }
}

const span = fc.record({
  looks: fc.integer({ min: 1, max: 800 }),
  bytesPerSecond: fc.integer({ min: 1_024, max: 100_000 }),
  frames: fc.integer({ min: 0, max: 40 }),
  frame: fc.integer({ min: 1, max: FRAME })
})
const capacity = fc.integer({ min: FRAME, max: 10_000_000 })

t.test('a reader of 1 KB/s or more is never silent for two heartbeats, whatever lies on the way', async t => {
  fc.assert(
    fc.property(capacity, fc.array(span, { maxLength: 12 }), (room, spans) => {
      const reader = new Reader(room)
      for (const { looks, bytesPerSecond, frames, frame } of spans) {
        for (let look = 0; look < looks; look++) {
          for (let at = 0; at < frames; at++) reader.write(frame)
          reader.pass(bytesPerSecond)
          if (reader.silence > 2 * HEARTBEAT) return false
        }
      }
      return true
    }),
    { numRuns: 100 }
  )
  t.pass('100 runs')
})

t.test('a reader that stops for good is found silent, after what lies before one ping at most', async t => {
  const longest = 2 * HEARTBEAT + ((2 * PROBE_BYTES) / 1_024) * 1_000
  fc.assert(
    fc.property(capacity, fc.array(span, { maxLength: 6 }), fc.integer({ min: 0, max: 40 }), (room, spans, frames) => {
      const reader = new Reader(room)
      for (const { looks, bytesPerSecond, frames, frame } of spans) {
        for (let look = 0; look < looks; look++) {
          for (let at = 0; at < frames; at++) reader.write(frame)
          reader.pass(bytesPerSecond)
        }
      }
      let waited = 0
      for (; waited <= longest + LOOK && reader.silence <= 2 * HEARTBEAT; waited += LOOK) {
        for (let at = 0; at < frames; at++) reader.write(1_000)
        reader.pass(0)
      }
      return waited <= longest
    }),
    { numRuns: 100 }
  )
  t.pass('100 runs')
})
