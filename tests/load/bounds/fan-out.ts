// Two ways of bringing every event to every client with the library alone, nothing else done: `each` sends each event to each client,
// `joined` collects for 10 ms and sends what is due as one message. Prints its port; then publishes at the rate it is told on standard input.
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { WebSocketServer } from 'ws'
import { frameOf } from '../frame.ts'
import { Pace } from '../pace.ts'

const mode = process.argv[2]
const TICK = 10
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false })
await once(server, 'listening')
const address = server.address()
console.log(typeof address === 'object' ? address?.port : 0)

const pace = new Pace()
createInterface(process.stdin).on('line', line => pace.set(Number(line), performance.now()))

setInterval(() => {
  const events = Array.from({ length: pace.take(performance.now()) }, () => frameOf(Date.now()))
  if (events.length === 0) return
  const messages = mode === 'joined' ? [Buffer.from(`[${events.join(',')}]`)] : events.map(event => Buffer.from(event))
  for (const client of server.clients) for (const message of messages) client.send(message, { binary: false })
}, TICK)
