// What it costs to follow the log into view and ZSET, and to build a view from what stands in Redis: with a Redis of its own.
// Usage: node --conditions=@tickstock/source services/pattern-query/test/bench/state.ts [patterns]
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { CHANNELS, headKey, logKey, UNIFIED_POSITIONS_KEY } from '@tickstock/contracts'
import { inspectLog } from '@tickstock/event-log'
import { createRegistry } from '@tickstock/service-kit'
import { startRedis, until } from '@tickstock/test-kit'
import { Redis } from 'ioredis'
import { PatternView } from '../../src/domain/view/pattern-view.ts'
import { LogFollower } from '../../src/feeds/log-follower.ts'
import { createInstruments } from '../../src/instruments.ts'
import { UnifiedLoader } from '../../src/stores/unified-loader.ts'
import { UnifiedPatterns } from '../../src/stores/unified-patterns.ts'
import { readPosition, writePosition } from '../../src/stores/unified-position.ts'
import { detected, silent } from '../events.ts'
import { benchPattern } from './patterns.ts'

const count = Number(process.argv[2] ?? 100_000)
const ends: (() => unknown)[] = []
const { url } = await startRedis({ teardown: end => ends.push(end) })
const redis = new Redis(url)

/** Follows all channels on a connection of its own, until `done`. @returns how long that took, ms */
async function follow(done: (view: PatternView) => Promise<boolean> | boolean): Promise<number> {
  const began = performance.now()
  const own = new Redis(url)
  const view = new PatternView({ maxLivePatterns: 2 * count })
  const stop = new AbortController()
  const running = CHANNELS.map(channel =>
    new LogFollower({
      channel,
      view,
      unified: new UnifiedPatterns({ redis: own }),
      loader: new UnifiedLoader({ redis: own, logger: silent }),
      redis: own,
      connect: () => new Redis(url),
      logger: silent,
      instruments: createInstruments(createRegistry()),
      blockMs: 1_000,
      changed: () => {}
    }).run(stop.signal)
  )
  await until(() => done(view), { within: 120_000 })
  const ms = performance.now() - began
  stop.abort()
  await Promise.all(running)
  own.disconnect()
  return ms
}

const redisCpuMs = async (): Promise<number> => {
  const info = await redis.info('cpu')
  const seconds = (name: string) => Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(info)?.[1])
  return 1_000 * (seconds('used_cpu_user') + seconds('used_cpu_sys'))
}

for (const [place, channel] of CHANNELS.entries()) {
  const { epoch } = (await inspectLog(redis, channel)).head
  let offset = 0
  let pipeline = redis.pipeline()
  for (let n = place; n < count; n += CHANNELS.length) {
    const event = JSON.stringify(detected({ ...benchPattern(n), channel }))
    pipeline.xadd(logKey(channel), `${++offset}-0`, 'epoch', epoch, 'at', Date.now(), 'event', event)
    if (offset % 1_000 === 0) {
      await pipeline.exec()
      pipeline = redis.pipeline()
    }
  }
  await pipeline.exec()
  await redis.hset(headKey(channel), 'offset', offset)
  await redis.hset(UNIFIED_POSITIONS_KEY, channel, writePosition({ epoch, offset: 0, logTime: 0, endsFrom: 0 }))
}

const projected = async (): Promise<boolean> => {
  const positions = await redis.hgetall(UNIFIED_POSITIONS_KEY)
  return CHANNELS.reduce((sum, channel) => sum + (readPosition(positions[channel])?.offset ?? 0), 0) === count
}
const redisBefore = await redisCpuMs()
const before = process.cpuUsage()
const followed = await follow(projected)
const { user, system } = process.cpuUsage(before)
const ofRedis = (1_000 * ((await redisCpuMs()) - redisBefore)) / count
console.log(
  `followed ${count} entries in ${followed.toFixed(0)} ms, ${((1_000 * count) / followed).toFixed(0)} a second:`,
  `${ofRedis.toFixed(1)} µs of Redis' processor an entry, ${((user + system) / count).toFixed(1)} of ours`
)

const delay = monitorEventLoopDelay({ resolution: 1 })
delay.enable()
const built = await follow(view => view.size === count && view.positions !== undefined)
console.log(
  `built from Redis in ${built.toFixed(0)} ms, the event loop held for ${(delay.max / 1e6).toFixed(0)} ms at most`
)

redis.disconnect()
for (const end of ends.reverse()) await end()
