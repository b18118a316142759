import { mock } from 'node:test'
import t, { type Test } from 'tap'
import { streamOf } from '../../src/http/answer-stream.ts'
import { CallSpan } from '../../src/http/call-span.ts'

/** From here on time passes by `tick` alone. */
function stopTheClock(t: Test) {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  return (ms: number) => mock.timers.tick(ms)
}

const noAnswer = { name: 'RequestError', temporary: true, message: 'no answer within 500 ms' }
const failure = new Error('the last failure')

t.test('waits as long as it is told', async t => {
  const tick = stopTheClock(t)
  const span = new CallSpan(500, undefined)
  let isOver = false
  const waiting = span.wait(200, failure).then(() => {
    isOver = true
  })

  tick(199)
  await new Promise(setImmediate)
  t.notOk(isOver)
  tick(1)
  await t.resolves(waiting)
  span.end()
})

t.test('throws the last failure at once where the wait would end after the deadline', async t => {
  stopTheClock(t)
  const span = new CallSpan(500, undefined)

  await t.rejects(span.wait(500, failure), failure)
  span.end()
})

t.test('ends a wait when the caller gives up, with its reason', async t => {
  stopTheClock(t)
  const giveUp = new AbortController()
  const span = new CallSpan(500, giveUp.signal)
  const waiting = span.wait(400, failure)

  giveUp.abort(new Error('enough'))

  await t.rejects(waiting, { message: 'enough' })
  span.end()
})

t.test('gives each part of a stream the whole time', async t => {
  const tick = stopTheClock(t)
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  const [writer, span] = [writable.getWriter(), new CallSpan(500, undefined)]
  // `fetch` ends the body of an answer with the reason of its signal.
  span.signal.addEventListener('abort', () => writer.abort(span.signal.reason))
  const reader = streamOf(new Response(readable), span).getReader()

  for (const part of [1, 2, 3, 4]) {
    const reading = reader.read()
    tick(400)
    await writer.write(Uint8Array.of(part))
    t.same((await reading).value, Uint8Array.of(part))
  }

  const silent = reader.read()
  tick(500)
  await t.rejects(silent, noAnswer)
})
