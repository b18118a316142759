// A crowd in a process of its own: opens sockets, subscribes where asked to, and counts. Each line on standard input ends a span: it is answered by
// `{"received": events, "p50": ms, "p99": ms}` of that span. Latency is taken from one event of each frame, on a hundredth of the sockets.
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { SUBPROTOCOL } from '@tickstock/contracts'
import { WebSocket } from 'ws'

const [url = '', count = '0', subscribe = ''] = process.argv.slice(2)
const EVENT = Buffer.from('"type":"event"')
const PUBLISHED = Buffer.from('"published_at":')
const OPENING_AT_ONCE = 100

let received = 0
let latencies: number[] = []

function countEvents(frame: Buffer): number {
  let events = 0
  for (let at = frame.indexOf(EVENT); at >= 0; at = frame.indexOf(EVENT, at + EVENT.length)) events++
  return events
}

function noteLatency(frame: Buffer): void {
  const at = frame.lastIndexOf(PUBLISHED)
  if (at < 0) return
  const from = at + PUBLISHED.length
  latencies.push(Date.now() - Number.parseInt(frame.toString('latin1', from, from + 16), 10))
}

async function open(n: number): Promise<void> {
  const socket = new WebSocket(url, subscribe ? [SUBPROTOCOL] : [], { perMessageDeflate: false })
  socket.on('message', (data: Buffer) => {
    received += countEvents(data)
    if (n % 100 === 0) noteLatency(data)
  })
  socket.on('close', code => {
    console.error(`socket ${n} was closed: ${code}`)
    process.exit(1)
  })
  await once(socket, 'open')
  if (!subscribe) return
  socket.send(JSON.stringify({ type: 'auth', user: `load-${n}` }))
  await once(socket, 'message')
  socket.send(JSON.stringify({ type: 'subscribe', id: 'load', channel: subscribe, from: 'now' }))
  await once(socket, 'message')
}

for (let n = 0; n < Number(count); n += OPENING_AT_ONCE) {
  await Promise.all(
    Array.from({ length: Math.min(OPENING_AT_ONCE, Number(count) - n) }, (_, offset) => open(n + offset))
  )
}
console.log('ready')

createInterface(process.stdin).on('line', () => {
  latencies.sort((a, b) => a - b)
  const quantile = (q: number) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * q))] ?? null
  console.log(JSON.stringify({ received, p50: quantile(0.5), p99: quantile(0.99) }))
  received = 0
  latencies = []
})
