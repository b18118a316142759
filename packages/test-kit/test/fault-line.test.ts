import t from 'tap'
import { FaultLine, type LineClock } from '../src/fault-line.ts'

/** Time passes by steps: each goes to the next moment that is waited for, once all else has run. */
class StepClock implements LineClock {
  #now = 0
  readonly #sleepers: { readonly at: number; wake(): void }[] = []

  now(): number {
    return this.#now
  }

  delay(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#sleepers.push({ at: this.#now + ms, wake: resolve })
    return promise
  }

  async runUntil(done: Promise<unknown>): Promise<void> {
    let isDone = false
    const noted = done.then(() => {
      isDone = true
    })
    for (;;) {
      await new Promise(setImmediate)
      if (isDone) return noted
      this.#sleepers.sort((one, other) => one.at - other.at)
      const next = this.#sleepers.shift()
      if (next === undefined) throw new Error('the line waits for nothing')
      this.#now = Math.max(this.#now, next.at)
      next.wake()
    }
  }
}

/** What arrives of chunks that are all sent at once, and when. */
async function carried(line: FaultLine, clock: StepClock, chunks: readonly string[]) {
  const arrived: { readonly text: string; readonly at: number }[] = []
  async function* sent() {
    for (const chunk of chunks) yield Buffer.from(chunk)
  }
  const carrying = (async () => {
    for await (const piece of line.carry(sent())) arrived.push({ text: piece.toString(), at: clock.now() })
  })()
  await clock.runUntil(carrying)
  return arrived
}

t.test('holds each chunk back, one by one', async t => {
  const clock = new StepClock()
  const line = new FaultLine(clock)
  line.hold(50)

  t.same(await carried(line, clock, ['a', 'b', 'c']), [
    { text: 'a', at: 50 },
    { text: 'b', at: 100 },
    { text: 'c', at: 150 }
  ])
})

t.test('passes so many bytes a second', async t => {
  const clock = new StepClock()
  const line = new FaultLine(clock)
  line.throttle(4_000)

  const arrived = await carried(line, clock, ['pattern '.repeat(100)])

  t.equal(arrived.map(({ text }) => text).join(''), 'pattern '.repeat(100))
  t.equal(arrived.at(-1)?.at, 200, '800 bytes take a fifth of a second')
})

t.test('delays by the latency without narrowing: many chunks are on their way at once', async t => {
  const clock = new StepClock()
  const line = new FaultLine(clock)
  line.delay(100, 20)

  const arrived = await carried(line, clock, ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])

  t.equal(arrived.map(({ text }) => text).join(''), '0123456789')
  t.ok(arrived.every(({ at }) => at >= 100 && at < 120))
})
