import { setTimeout as delay } from 'node:timers/promises'
import { SUBPROTOCOL } from '@tickstock/contracts'
import { tokenFor } from '@tickstock/test-kit'
import { WebSocket } from 'ws'

/** A process whose clients all come within so many ms. argv: url, count, ms, secret. Told a position to resume from, it tells when each was live. */
const [url = '', count = '1', within = '2000', secret = ''] = process.argv.slice(2)

const BACK_OFF = { firstMs: 250, longestMs: 15_000 }

let attempts = 0

/** One attempt. @returns whether it was let in */
function enter(n: number, token: string, from: object): Promise<boolean> {
  attempts += 1
  const address = `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`
  const socket = new WebSocket(url, SUBPROTOCOL, {
    perMessageDeflate: false,
    headers: { 'x-forwarded-for': address }
  })
  const { promise, resolve } = Promise.withResolvers<boolean>()
  socket.on('open', () => socket.send(JSON.stringify({ type: 'auth', token })))
  socket.on('message', data => {
    const text = data.toString()
    if (text.includes('"type":"welcome"'))
      socket.send(JSON.stringify({ type: 'subscribe', id: 's', channel: 'daily', from }))
    if (text.includes('"type":"caught_up"')) resolve(true)
  })
  socket.on('error', () => resolve(false))
  socket.on('close', () => resolve(false))
  return promise
}

async function client(n: number, token: string, from: object): Promise<number> {
  await delay(Math.random() * Number(within))
  for (let failures = 0; ; failures++) {
    if (await enter(n, token, from)) return performance.now()
    await delay(Math.random() * Math.min(BACK_OFF.longestMs, BACK_OFF.firstMs * 2 ** failures))
  }
}

const tokens = await Promise.all(Array.from({ length: Number(count) }, (_, n) => tokenFor(`user-${n}`, secret)))
process.on('message', async (from: object) => {
  const began = performance.now()
  const live = await Promise.all(tokens.map((token, n) => client(n, token, from)))
  const sorted = live.map(at => Math.round(at - began)).sort((one, other) => one - other)
  const quantile = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
  process.send?.({ attempts, p50: quantile(0.5), p99: quantile(0.99), last: quantile(1) })
})
process.send?.('ready')
