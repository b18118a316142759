// Publishes updates of live patterns at a rate, and meanwhile looks how much older than the log an answer is: reads where the log ends, and scans
// until an answer has come as far. Prints `ready`; `ages` on standard input is answered by `{"samples", "p50", "p99", "most"}` (ms).
import { createInterface } from 'node:readline'
import { setTimeout as span } from 'node:timers/promises'
import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { CHANNELS, headKey, Positions, producerChannel } from '@tickstock/contracts'
import { Redis } from 'ioredis'
import { Pace } from './pace.ts'
import { producerUpdate } from './patterns.ts'

const [redisUrl = '', url = '', count = '1', born = '0', rate = '0'] = process.argv.slice(2)
const TICK = 10
const EACH = 40
const Answer = Type.Object({ positions: Positions })

const redis = new Redis(redisUrl)
const pace = new Pace()
pace.set(Number(rate), performance.now())
let sent = 0
setInterval(() => {
  for (let due = pace.take(performance.now()); due > 0; due--) {
    const n = (sent++ * 37) % Number(count)
    const channel = CHANNELS[n % CHANNELS.length] ?? 'daily'
    redis.publish(producerChannel(channel), producerUpdate(n, channel, Number(born), Date.now())).catch(error => {
      throw error
    })
  }
}, TICK)

const ages: number[] = []

async function sample(): Promise<void> {
  const end = Number(await redis.hget(headKey('daily'), 'offset'))
  const began = performance.now()
  for (;;) {
    const asked = performance.now()
    const { positions } = Value.Parse(Answer, await (await fetch(`${url}/api/patterns/scan?per_page=1`)).json())
    if (positions.daily.offset >= end) {
      // The answer was as new as that when it was made: the way to it and back is not its age.
      ages.push(asked - began)
      return
    }
  }
}

async function watch(): Promise<void> {
  for (;;) {
    await sample()
    await span(EACH)
  }
}

createInterface(process.stdin).on('line', () => {
  ages.sort((one, other) => one - other)
  const quantile = (q: number) =>
    Math.round((ages[Math.min(ages.length - 1, Math.floor(ages.length * q))] ?? 0) * 10) / 10
  console.log(JSON.stringify({ samples: ages.length, p50: quantile(0.5), p99: quantile(0.99), most: quantile(1) }))
})
console.log('ready')
await watch()
