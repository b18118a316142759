import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { createServer } from '../src/index.ts'
import { LIMITS } from '../src/limits.ts'
import { readableLogger } from './fixtures/log-lines.ts'

t.test('who sends his headers a line at a time is cut when his time is over, not half a minute later', async t => {
  const app = createServer({ logger: readableLogger().logger })
  t.teardown(() => app.close())
  const { port } = new URL(await app.listen({ port: 0, host: '127.0.0.1' }))
  const socket = connect(Number(port), '127.0.0.1')
  const started = performance.now()
  socket.write('GET / HTTP/1.1\r\nhost: x\r\n')
  const dripping = setInterval(() => socket.write('x-a: b\r\n'), 1_000)
  socket.on('error', () => clearInterval(dripping)).on('close', () => clearInterval(dripping))
  t.teardown(() => socket.destroy())

  const answer = await text(socket)

  t.match(answer, /^HTTP\/1.1 408 /)
  t.ok(performance.now() - started < LIMITS.requestHeaders + 8_000, 'far below the 40 s of Node’s own rhythm')
})
