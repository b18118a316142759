// A crowd in a process of its own: opens sockets, subscribes, and counts. argv: url, how many, dialect, and how many of them stop reading once they are subscribed.
// Prints `ready`; each line on standard input then ends a span, and is answered by what came in it. Latency is taken from every event of a hundred sockets.
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { WebSocket } from 'ws'
import { isDialect, SPEECHES } from './dialects.ts'

const [url = '', count = '0', dialect = '', stalled = '0'] = process.argv.slice(2)
const clients = Number(count)
const EVENT = Buffer.from('"type":"event"')
const PUBLISHED = '"published_at":'
const OPENING_AT_ONCE = 100
const SAMPLED = Math.max(1, Math.floor(clients / 100))

if (!isDialect(dialect)) throw new Error(`${dialect} is no dialect`)
const { subprotocols, answer, greet } = SPEECHES[dialect]

let received = 0
let writes = 0
let latencies: number[] = []

function countEvents(frame: Buffer): number {
  let events = 0
  for (let at = frame.indexOf(EVENT); at >= 0; at = frame.indexOf(EVENT, at + EVENT.length)) events++
  return events
}

function noteLatencies(text: string): void {
  const now = Date.now()
  for (let at = text.indexOf(PUBLISHED); at >= 0; at = text.indexOf(PUBLISHED, at + 1)) {
    const from = at + PUBLISHED.length
    latencies.push(now - Number.parseInt(text.slice(from, from + 16), 10))
  }
}

async function open(n: number): Promise<void> {
  const socket = new WebSocket(url, [...subprotocols], { perMessageDeflate: false })
  const subscribed = Promise.withResolvers<void>()
  let isSubscribed = dialect === 'plain'
  socket.on('message', (frame: Buffer) => {
    const events = countEvents(frame)
    if (events > 0) {
      received += events
      writes++
      if (n % SAMPLED === 0) noteLatencies(frame.toString('latin1'))
    } else if (answer(socket, frame.toString(), n) && !isSubscribed) {
      isSubscribed = true
      subscribed.resolve()
    }
  })
  socket.on('close', code => {
    console.error(`socket ${n} was closed: ${code}`)
    process.exit(1)
  })
  await once(socket, 'open')
  greet?.(socket, n)
  if (isSubscribed) subscribed.resolve()
  await subscribed.promise
  if (n < Number(stalled)) socket.pause()
}

for (let n = 0; n < clients; n += OPENING_AT_ONCE) {
  await Promise.all(Array.from({ length: Math.min(OPENING_AT_ONCE, clients - n) }, (_, offset) => open(n + offset)))
}
console.log('ready')

createInterface(process.stdin).on('line', () => {
  const sorted = Float64Array.from(latencies).sort()
  const quantile = (q: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? null
  console.log(JSON.stringify({ received, writes, p50: quantile(0.5), p99: quantile(0.99) }))
  received = 0
  writes = 0
  latencies = []
})
