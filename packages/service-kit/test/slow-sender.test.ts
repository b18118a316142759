import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { createServer } from '../src/index.ts'
import { readableLogger } from './fixtures/log-lines.ts'

t.test('cuts a client that sends its headers a line at a time, before Node itself would', async t => {
  const app = createServer({ logger: readableLogger().logger })
  t.teardown(() => app.close())
  const { port } = new URL(await app.listen({ port: 0, host: '127.0.0.1' }))
  const socket = connect(Number(port), '127.0.0.1')
  socket.write('GET / HTTP/1.1\r\nhost: x\r\n')
  let lines = 0
  const dripping = setInterval(() => {
    lines += 1
    socket.write('x-a: b\r\n')
  }, 1_000)
  socket.on('error', () => clearInterval(dripping)).on('close', () => clearInterval(dripping))
  t.teardown(() => socket.destroy())

  // A line that is written while the server closes resets the connection, and the answer may be lost.
  const answer = await text(socket).catch(() => 'reset')

  t.match(answer, /^(HTTP\/1.1 408 |reset$)/)
  // Node looks every 30 seconds by default, so it would take 30 lines at least.
  t.ok(lines < 30, `cut after ${lines} lines`)
})
