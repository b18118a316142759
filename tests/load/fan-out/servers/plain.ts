// Three ways of bringing every event to every client with `ws` alone, nothing else done: `each` sends each event to each client, `framed` makes the
// WebSocket frame once and writes it to all, `joined` collects for 10 ms and sends what is due as one message. Prints its port; then publishes at the rate
// that it is told on standard input.
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { WebSocketServer } from 'ws'
import { Pace } from '../../pace.ts'
import { frameOf } from './frame.ts'

const mode = process.argv[2]
const TICK = 10
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false, backlog: 4_096 })
const streams = new Set<Socket>()
server.on('connection', (socket, { socket: stream }) => {
  streams.add(stream)
  socket.on('close', () => streams.delete(stream))
})
await once(server, 'listening')
const address = server.address()
console.log(typeof address === 'object' ? address?.port : 0)

const pace = new Pace()
createInterface(process.stdin).on('line', line => pace.set(Number(line), performance.now()))

/** RFC 6455, 5.2: a final text frame of 126 to 65,535 bytes, not masked. */
function textFrame(text: string): Buffer {
  const payload = Buffer.from(text)
  return Buffer.concat([Buffer.from([0x81, 126, payload.length >> 8, payload.length & 0xff]), payload])
}

function publish(events: readonly string[]): void {
  if (mode === 'framed') {
    for (const event of events) {
      const frame = textFrame(event)
      for (const stream of streams) stream.write(frame)
    }
    return
  }
  const messages = mode === 'joined' ? [Buffer.from(`[${events.join(',')}]`)] : events.map(event => Buffer.from(event))
  for (const client of server.clients) for (const message of messages) client.send(message, { binary: false })
}

setInterval(() => {
  const events = Array.from({ length: pace.take(performance.now()) }, () => frameOf(Date.now()))
  if (events.length > 0) publish(events)
}, TICK)
