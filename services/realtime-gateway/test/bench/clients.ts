import { setTimeout as delay } from 'node:timers/promises'
import { SUBPROTOCOL } from '@tickstock/contracts'
import { WebSocket } from 'ws'

/** A process of subscribers. argv: url, count. Tells its parent what they received when it is asked. */
const [url = '', count = '1'] = process.argv.slice(2)

const MARK = '"type":"event"'
const PUBLISHED = '"published_at":'
let received = 0
let frames = 0
let latencies: number[] = []

function take(frame: string): void {
  frames++
  const now = Date.now()
  for (let at = frame.indexOf(MARK); at >= 0; at = frame.indexOf(MARK, at + MARK.length)) {
    received++
    const published = frame.indexOf(PUBLISHED, at) + PUBLISHED.length
    latencies.push(now - Number(frame.slice(published, published + 13)))
  }
}

async function subscribe(): Promise<void> {
  const socket = new WebSocket(url, SUBPROTOCOL, { perMessageDeflate: false })
  const subscribed = Promise.withResolvers<void>()
  socket.on('open', () => socket.send('{"type":"auth","user":"bench"}'))
  socket.on('message', data => {
    const text = data.toString()
    take(text)
    if (text.includes('"type":"welcome"')) socket.send('{"type":"subscribe","id":"s","channel":"daily","from":"now"}')
    if (text.includes('"type":"subscribed"')) subscribed.resolve()
  })
  socket.on('error', subscribed.reject)
  await subscribed.promise
}

for (let at = 0; at < Number(count); at += 50) {
  await Promise.all(Array.from({ length: Math.min(50, Number(count) - at) }, subscribe))
  await delay(1)
}
process.on('message', () => {
  const sorted = Float64Array.from(latencies).sort()
  const quantile = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
  process.send?.({ received, frames, p50: quantile(0.5), p99: quantile(0.99), most: sorted.at(-1) })
  received = 0
  frames = 0
  latencies = []
})
process.send?.('ready')
