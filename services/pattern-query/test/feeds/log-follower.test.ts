import { LogWriter } from '@tickstock/event-log'
import { createRegistry } from '@tickstock/service-kit'
import { startRedis, until } from '@tickstock/test-kit'
import { Redis } from 'ioredis'
import t from 'tap'
import { PatternView } from '../../src/domain/view/pattern-view.ts'
import { LogFollower } from '../../src/feeds/log-follower.ts'
import { createInstruments } from '../../src/instruments.ts'
import { UnifiedPatterns } from '../../src/stores/unified-patterns.ts'
import { detected, patternOf, silent } from '../events.ts'

/** Writes fail as ioredis fails them when the connection goes. */
class Unreliable extends UnifiedPatterns {
  failures = 2

  override async project(...args: Parameters<UnifiedPatterns['project']>) {
    if (this.failures-- > 0) throw new Error('Connection is closed.')
    return super.project(...args)
  }
}

t.test('live patterns that could not be written are written later, and nothing after them is passed over', async t => {
  const { url } = await startRedis(t)
  const redis = new Redis(url)
  t.teardown(() => redis.disconnect())
  const unified = new Unreliable({ redis, logger: silent })
  const view = new PatternView({ maxLivePatterns: 10 })
  const follower = new LogFollower({
    channel: 'daily',
    view,
    unified,
    redis,
    connect: () => new Redis(url),
    logger: silent,
    instruments: createInstruments(createRegistry()),
    blockMs: 100,
    changed: () => {}
  })
  const stop = new AbortController()
  const running = follower.run(stop.signal)
  const writer = new LogWriter({ redis, channel: 'daily' })
  for (const symbol of ['ONE', 'TWO', 'THREE']) await writer.append(detected(patternOf({ symbol })))

  await until(async () => (await unified.load('daily')).patterns.length === 3)
  t.equal(view.size, 3)

  stop.abort()
  await running
})

t.test('stopped while live patterns cannot be written, it ends', async t => {
  const { url } = await startRedis(t)
  const redis = new Redis(url)
  t.teardown(() => redis.disconnect())
  const unified = new Unreliable({ redis, logger: silent })
  unified.failures = Number.POSITIVE_INFINITY
  const view = new PatternView({ maxLivePatterns: 10 })
  const follower = new LogFollower({
    channel: 'daily',
    view,
    unified,
    redis,
    connect: () => new Redis(url),
    logger: silent,
    instruments: createInstruments(createRegistry()),
    blockMs: 100,
    changed: () => {}
  })
  const stop = new AbortController()
  const running = follower.run(stop.signal)
  await new LogWriter({ redis, channel: 'daily' }).append(detected(patternOf()))
  await until(() => view.size === 1)

  stop.abort()
  await running
  t.equal((await unified.load('daily')).patterns.length, 0)
})
