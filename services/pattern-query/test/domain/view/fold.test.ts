import assert from 'node:assert/strict'
import {
  CHANNELS,
  type Channel,
  type LogEntry,
  type Pattern,
  type PatternEvent,
  perChannel
} from '@tickstock/contracts'
import fc from 'fast-check'
import t from 'tap'
import { Fold, type Shown } from '../../../src/domain/view/fold.ts'
import { type LiveState, liveState } from '../../../src/domain/view/live-state.ts'
import { detected, entryOf, expired, patternOf } from '../../events.ts'
import { naiveUnion } from '../../naive-fold.ts'

const BEGIN = { epoch: 'first', offset: 0 }

/** What is seen, as a plain map. */
function shown() {
  const states = new Map<string, LiveState>()
  const shown: Shown = {
    at: () => undefined,
    get: id => states.get(id),
    idsOf: channel =>
      [...states.values()].filter(({ pattern }) => pattern.channel === channel).map(({ pattern }) => pattern.id),
    show: state => void states.set(state.pattern.id, state),
    hide: id => void states.delete(id)
  }
  const patterns = () => [...states.values()].map(({ pattern }) => pattern)
  const fold = new Fold(shown)
  for (const channel of CHANNELS) replace(fold, channel, [])
  return { fold, patterns }
}

function replace(fold: Fold, channel: Channel, patterns: readonly Pattern[], position = BEGIN): number {
  const replacement = fold.replace(channel)
  replacement.hold(patterns.map(pattern => liveState(pattern)))
  return [...replacement.finish({ position, logTime: 0, ends: [] })].length
}

t.test('whichever channel is read first, the same is seen', async () => {
  const event = fc.record({
    channel: fc.constantFrom(...CHANNELS),
    symbol: fc.constantFrom('A', 'B'),
    moment: fc.nat(4),
    end: fc.boolean(),
    ahead: fc.boolean()
  })
  fc.assert(
    fc.property(fc.array(event, { maxLength: 40 }), fc.infiniteStream(fc.constantFrom(...CHANNELS)), (said, turns) => {
      const logs = perChannel<LogEntry[]>(() => [])
      for (const { channel, symbol, moment, end } of said) {
        const pattern = patternOf({ channel, symbol, updated_at: moment })
        const event: PatternEvent = end ? expired(pattern) : detected(pattern)
        logs[channel].push(entryOf(logs[channel].length + 1, event))
      }
      const { fold, patterns } = shown()
      for (const channel of turns) {
        const next = logs[channel].slice(fold.positionOf(channel)?.offset ?? 0).slice(0, 1)
        fold.apply(channel, next)
        if (CHANNELS.every(name => fold.positionOf(name)?.offset === logs[name].length)) break
      }
      assert.deepEqual(new Map(patterns().map(pattern => [pattern.id, pattern])).size, patterns().length)
      const byId = (one: Pattern, other: Pattern) => (one.id < other.id ? -1 : 1)
      assert.deepEqual(patterns().sort(byId), [...naiveUnion(logs).values()].sort(byId))
    })
  )
})

t.test('an end of one channel takes away its own word: what another says is live comes to light', async t => {
  const { fold, patterns } = shown()
  const daily = patternOf({ updated_at: 1 })
  const combo = patternOf({ channel: 'combo', updated_at: 2 })
  fold.apply('daily', [entryOf(1, detected(daily))])
  fold.apply('combo', [entryOf(1, detected(combo))])
  t.same(patterns(), [combo])

  fold.apply('combo', [entryOf(2, expired(combo))])
  t.same(patterns(), [daily])

  fold.apply('daily', [entryOf(2, expired(daily))])
  t.same(patterns(), [])
  t.equal(fold.shadowed.size, 0)
})

t.test('what entries did is told, and what came too late did nothing', async t => {
  const { fold } = shown()
  const pattern = patternOf({ updated_at: 5 })

  const folded = fold.apply('daily', [
    entryOf(1, detected(pattern), 'first', 100),
    entryOf(2, detected({ ...pattern, updated_at: 4 }), 'first', 90),
    entryOf(3, expired(pattern), 'first', 110),
    entryOf(4, detected({ ...pattern, updated_at: 6 }), 'first', 120),
    entryOf(5, expired({ ...pattern, updated_at: 6 }), 'first', 130)
  ])

  t.match(folded, { epoch: 'first', after: 0, offset: 5, logTime: 130, endsFrom: 5 })
  t.match(folded.changes, [
    { offset: 1, id: pattern.id, revived: false, state: { pattern } },
    { offset: 3, revived: false, end: { moment: 5, at: 110, offset: 3 } },
    { offset: 4, revived: true },
    { offset: 5, end: { moment: 6 } }
  ])
  t.equal(fold.late, 1)
  t.same(fold.apply('daily', []).changes, [])
  t.equal(fold.ends.daily.size, 1)
})

t.test('a channel is replaced in steps: what stays is not touched, what is gone goes, and others stay', async t => {
  const { fold, patterns } = shown()
  const daily = Array.from({ length: 600 }, (_, index) => patternOf({ symbol: `S${index}` }))
  const other = patternOf({ channel: 'combo', symbol: 'S1', updated_at: -1 })
  replace(fold, 'daily', daily)
  replace(fold, 'combo', [other])
  t.equal(patterns().length, 600)

  const steps = replace(fold, 'daily', daily.slice(0, 1), { epoch: 'second', offset: 7 })

  t.ok(steps > 1, 'others had their turn')
  t.same(patterns(), [daily[0], other])
  t.match(fold.positionOf('daily'), { epoch: 'second', offset: 7 })

  replace(fold, 'combo', [])
  t.same(patterns(), daily.slice(0, 1))
})

t.test('an entry that the log calls late changes nothing, also where its end is forgotten here', async t => {
  const { fold, patterns } = shown()
  const late = { ...entryOf(1, detected(patternOf())), late: true }

  t.same(fold.apply('daily', [late]).changes, [])

  t.same(patterns(), [])
  t.equal(fold.late, 1)
  t.same(fold.positionOf('daily'), { epoch: 'first', offset: 1 })
})
