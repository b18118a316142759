import {
  CHANNELS,
  type Channel,
  headKey,
  type LogEntry,
  type PatternEvent,
  perChannel,
  UNIFIED_KEY,
  UNIFIED_POSITIONS_KEY,
  unifiedStatesKey
} from '@tickstock/contracts'
import { LogWriter, readRange } from '@tickstock/event-log'
import { createRegistry } from '@tickstock/service-kit'
import { startRedis, until } from '@tickstock/test-kit'
import fc from 'fast-check'
import { Redis } from 'ioredis'
import t from 'tap'
import { PatternView } from '../../src/domain/view/pattern-view.ts'
import { LogFollower } from '../../src/feeds/log-follower.ts'
import { createInstruments } from '../../src/instruments.ts'
import { UnifiedLoader } from '../../src/stores/unified-loader.ts'
import { UnifiedPatterns } from '../../src/stores/unified-patterns.ts'
import { readPosition } from '../../src/stores/unified-position.ts'
import { detected, expired, patternOf, silent } from '../events.ts'
import { naiveUnion } from '../naive-fold.ts'

const COUNT = 1_200

/** A replica that follows all three channels. */
function follow(redis: Redis, url: string) {
  const view = new PatternView({ maxLivePatterns: 10_000 })
  const stop = new AbortController()
  const running = CHANNELS.map(channel =>
    new LogFollower({
      channel,
      view,
      unified: new UnifiedPatterns({ redis }),
      loader: new UnifiedLoader({ redis, logger: silent }),
      redis,
      connect: () => new Redis(url, { retryStrategy: null }),
      logger: silent,
      instruments: createInstruments(createRegistry()),
      blockMs: 50,
      changed: () => {}
    }).run(stop.signal)
  )
  const end = async () => {
    stop.abort()
    await Promise.all(running)
  }
  return { view, end }
}

async function entriesOf(redis: Redis, channel: Channel): Promise<LogEntry[]> {
  const entries: LogEntry[] = []
  for (;;) {
    const page = await readRange(redis, channel, { after: entries.at(-1)?.offset ?? 0, count: 1_000 })
    if (page.length === 0) return entries
    entries.push(...page)
  }
}

t.test(
  'replicas that come and go, and a Redis that loses what was projected: all end with the fold of the log',
  async t => {
    const { url } = await startRedis(t)
    const redis = new Redis(url)
    t.teardown(() => redis.disconnect())
    const writers = perChannel(channel => new LogWriter({ redis, channel }))
    const said = fc.record({
      channel: fc.constantFrom(...CHANNELS),
      symbol: fc.constantFrom(...Array.from({ length: 40 }, (_, index) => `S${index}`)),
      moment: fc.nat(1_000),
      confidence: fc.constantFrom(0.25, 0.5, 0.75),
      end: fc.boolean()
    })
    const replicas = [follow(redis, url), follow(redis, url)]
    t.teardown(() => Promise.all(replicas.map(({ end }) => end())))

    for (const [nth, { end, ...about }] of fc.sample(said, { numRuns: COUNT, seed: 11 }).entries()) {
      const { channel, moment: updated_at, ...over } = about
      const pattern = patternOf({ ...over, channel, updated_at })
      const event: PatternEvent = { ...(end ? expired(pattern) : detected(pattern)), id: `event-${nth}` }
      const appended = writers[channel].append(event)
      if (nth % 100 === 50) await replicas[nth % 2]?.end()
      if (nth % 100 === 70) replicas[nth % 2] = follow(redis, url)
      if (nth === 400) await redis.hdel(UNIFIED_POSITIONS_KEY, 'daily')
      if (nth === 600) await redis.del(headKey('intraday'))
      if (nth === 800) await redis.del(UNIFIED_KEY, unifiedStatesKey('combo'), UNIFIED_POSITIONS_KEY)
      if (nth % 40 === 0) await appended
    }

    const heads = async () =>
      perChannelOf(await Promise.all(CHANNELS.map(channel => redis.hget(headKey(channel), 'offset'))))
    await until(async () => {
      const wanted = await heads()
      const projected = await redis.hgetall(UNIFIED_POSITIONS_KEY)
      return CHANNELS.every(
        channel =>
          String(readPosition(projected[channel])?.offset) === wanted[channel] &&
          replicas.every(({ view }) => String(view.positionOf(channel)?.offset) === wanted[channel])
      )
    })

    const read = await Promise.all(CHANNELS.map(channel => entriesOf(redis, channel)))
    const logs = perChannel(channel => read[CHANNELS.indexOf(channel)] ?? [])
    t.equal(
      CHANNELS.reduce((sum, channel) => sum + logs[channel].length, 0),
      COUNT
    )
    const live = [...naiveUnion(logs).values()].map(pattern => JSON.stringify(pattern)).sort()
    t.ok(live.length > 10)
    t.same((await redis.zrange(UNIFIED_KEY, '0', '-1')).sort(), live)
    for (const { view } of replicas) {
      t.same([...naiveUnion(logs).keys()].map(id => view.row(id)).sort(), live)
      t.equal(view.size, live.length)
    }
  }
)

const perChannelOf = <Value>(values: readonly Value[]) => perChannel(channel => values[CHANNELS.indexOf(channel)])
