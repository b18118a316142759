import assert from 'node:assert/strict'
import {
  CHANNELS,
  type Channel,
  type LogEntry,
  type Pattern,
  type PatternEvent,
  perChannel,
  UNIFIED_KEY,
  UNIFIED_POSITIONS_KEY
} from '@tickstock/contracts'
import { startRedis } from '@tickstock/test-kit'
import fc from 'fast-check'
import { Redis } from 'ioredis'
import t from 'tap'
import { identityOf, PatternView } from '../../src/domain/view/pattern-view.ts'
import { UnifiedLoader } from '../../src/stores/unified-loader.ts'
import { UnifiedPatterns } from '../../src/stores/unified-patterns.ts'
import { readPosition } from '../../src/stores/unified-position.ts'
import { entryOf, patternOf, silent } from '../events.ts'
import { naiveUnion } from '../naive-fold.ts'

const HOUR = 3_600_000

interface Log {
  epoch: string
  entries: LogEntry[]
}

/** A replica without its clocks and connections: does at each step what the test says. */
class Replica {
  readonly #logs: Readonly<Record<Channel, Log>>
  readonly #unified: UnifiedPatterns
  readonly #loader: UnifiedLoader
  view = new PatternView({ maxLivePatterns: 1_000 })

  constructor(redis: Redis, logs: Readonly<Record<Channel, Log>>) {
    this.#logs = logs
    this.#unified = new UnifiedPatterns({ redis })
    this.#loader = new UnifiedLoader({ redis, logger: silent })
  }

  async restart() {
    this.view = new PatternView({ maxLivePatterns: 1_000 })
    for (const channel of CHANNELS) await this.#build(channel)
  }

  async #build(channel: Channel) {
    const { epoch } = this.#logs[channel]
    const snapshot = await this.#loader.load(channel)
    const replacement = this.view.replace(channel)
    if (snapshot?.position.epoch === epoch) {
      const { position, ends } = snapshot
      for await (const states of this.#loader.pages(channel, position)) replacement.hold(states)
      for (const _ of replacement.finish({ position, logTime: position.logTime, ends }));
    } else {
      const position = { epoch, offset: 0 }
      await this.#unified.restart(channel, position)
      for (const _ of replacement.finish({ position, logTime: 0, ends: [] }));
    }
  }

  async read(channel: Channel, count: number): Promise<void> {
    const { epoch, entries } = this.#logs[channel]
    if (this.view.positionOf(channel)?.epoch !== epoch) await this.#build(channel)
    const from = this.view.positionOf(channel)?.offset ?? 0
    const folded = this.view.apply(channel, entries.slice(from, from + count))
    const result = await this.#unified.project(channel, folded)
    if (result === 'projected') return
    assert.equal(result, 'behind')
    await this.#build(channel)
  }

  /** Rows by id, of everything in the view. */
  rows(ids: Iterable<string>): Map<string, string> {
    const rows = new Map<string, string>()
    for (const id of ids) {
      const row = this.view.row(id)
      if (row !== undefined) rows.set(id, row)
    }
    assert.equal(rows.size, this.view.size)
    return rows
  }

  readTo(channel: Channel): LogEntry[] {
    const { epoch, entries } = this.#logs[channel]
    const position = this.view.positionOf(channel)
    assert.equal(position?.epoch, epoch)
    return entries.slice(0, position?.offset ?? 0)
  }

  get stands(): boolean {
    return CHANNELS.every(channel => this.view.positionOf(channel)?.epoch === this.#logs[channel].epoch)
  }
}

const eventOf = (
  kind: PatternEvent['kind'],
  { channel, name, moment, confidence, ends }: Said,
  nth: number
): PatternEvent => {
  const pattern: Pattern = patternOf({ channel, symbol: name, updated_at: moment, confidence })
  const about = { id: `event-${nth}`, published_at: moment }
  if (kind !== 'pattern_expired') return { ...about, kind, pattern }
  return { ...about, kind, pattern: identityOf(pattern), ...(ends ? { ends: Math.max(0, moment - 1) } : {}) }
}

interface Said {
  readonly channel: Channel
  readonly name: string
  readonly moment: number
  readonly confidence: number
  readonly ends: boolean
}

const channel = fc.constantFrom(...CHANNELS)

const said = fc.record({
  what: fc.constant('said' as const),
  kind: fc.constantFrom<PatternEvent['kind']>('pattern_detected', 'pattern_updated', 'pattern_expired'),
  later: fc.constantFrom(0, 0, 0, 60_000, HOUR / 2, HOUR, HOUR + 1, -HOUR),
  channel,
  name: fc.constantFrom('A', 'B', 'C'),
  moment: fc.nat(6),
  confidence: fc.constantFrom(0.25, 0.5, 0.75),
  ends: fc.boolean()
})

const step = fc.oneof(
  { arbitrary: said, weight: 6 },
  {
    arbitrary: fc.record({ what: fc.constant('read' as const), who: fc.nat(1), channel, count: fc.nat(4) }),
    weight: 5
  },
  { arbitrary: fc.record({ what: fc.constant('restart' as const), who: fc.nat(1) }), weight: 1 },
  { arbitrary: fc.record({ what: fc.constant('lost' as const), channel }), weight: 1 }
)

t.test('fold of the log = ZSET = view, at every position, whoever reads what in which order', async t => {
  const server = await startRedis(t)
  const redis = new Redis(server.url)
  t.teardown(() => redis.disconnect())

  const zset = async (): Promise<Map<string, string>> => {
    const found = await redis.zrange(UNIFIED_KEY, '0', '-1', 'WITHSCORES')
    const members = new Map<string, string>()
    for (let at = 0; at < found.length; at += 2) {
      const pattern: Pattern = JSON.parse(found[at] ?? '')
      assert.equal(String(pattern.confidence), found[at + 1])
      assert(!members.has(pattern.id), 'one member a pattern')
      members.set(pattern.id, found[at] ?? '')
    }
    return members
  }
  const expected = (logs: Readonly<Record<Channel, readonly LogEntry[]>>): Map<string, string> =>
    new Map([...naiveUnion(logs)].map(([id, pattern]) => [id, JSON.stringify(pattern)]))
  const sorted = (rows: Map<string, string>) => [...rows].sort()

  const run = async (steps: readonly (typeof step extends fc.Arbitrary<infer Step> ? Step : never)[]) => {
    await redis.flushall()
    const logs = perChannel<Log>(name => ({ epoch: `${name}-0`, entries: [] }))
    const replicas = [new Replica(redis, logs), new Replica(redis, logs)] as const
    for (const replica of replicas) await replica.restart()
    const ids = ['A', 'B', 'C'].map(symbol => patternOf({ symbol }).id)
    let time = 10 * HOUR

    for (const [nth, each] of steps.entries()) {
      if (each.what === 'said') {
        const log = logs[each.channel]
        time += each.later
        log.entries.push(entryOf(log.entries.length + 1, eventOf(each.kind, each, nth), log.epoch, time))
        continue
      }
      if (each.what === 'read') await replicas[each.who === 0 ? 0 : 1].read(each.channel, each.count)
      if (each.what === 'restart') await replicas[each.who === 0 ? 0 : 1].restart()
      if (each.what === 'lost') Object.assign(logs[each.channel], { epoch: `${each.channel}-${nth}`, entries: [] })

      for (const replica of replicas.filter(({ stands }) => stands)) {
        const read = perChannel(name => replica.readTo(name))
        assert.deepEqual(sorted(replica.rows(ids)), sorted(expected(read)), 'the view')
      }
      const positions = await redis.hgetall(UNIFIED_POSITIONS_KEY)
      if (CHANNELS.some(name => readPosition(positions[name])?.epoch !== logs[name].epoch)) continue
      const projected = perChannel(name => logs[name].entries.slice(0, readPosition(positions[name])?.offset ?? 0))
      assert.deepEqual(sorted(await zset()), sorted(expected(projected)), 'the ZSET')
    }

    await Promise.all(replicas.flatMap(replica => CHANNELS.map(name => replica.read(name, 100))))
    const all = sorted(expected(perChannel(name => logs[name].entries)))
    for (const replica of replicas) assert.deepEqual(sorted(replica.rows(ids)), all)
    assert.deepEqual(sorted(await zset()), all)
  }

  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 80, size: 'max' }), run), {
    numRuns: 500
  })
})
