import type { PatternEvent } from '@tickstock/contracts'
import { until } from '@tickstock/test-kit'
import t from 'tap'
import { PatternView } from '../../src/domain/view/pattern-view.ts'
import { ExpiryFeed } from '../../src/feeds/expiry-feed.ts'
import { detected, entryOf, expired, patternOf } from '../events.ts'

const viewWith = (...patterns: ReturnType<typeof patternOf>[]) => {
  const view = new PatternView({ maxLivePatterns: 100 })
  view.reset('daily', patterns, { epoch: 'first', offset: 0 })
  return view
}

t.test('a pattern whose time is over is ended, and no other', async t => {
  const over = patternOf({ symbol: 'OVER', expires_at: Date.now() + 20 })
  const alive = patternOf({ symbol: 'ALIVE', expires_at: Date.now() + 3_600_000_000 })
  const events: PatternEvent[] = []
  const feed = new ExpiryFeed({ view: viewWith(over, alive), append: async event => void events.push(event) })
  t.teardown(() => feed.stop())

  feed.wake()
  feed.wake()
  await until(() => events.length > 0)

  t.match(events, [
    {
      id: `expired:${over.id}:${over.expires_at}:0`,
      kind: 'pattern_expired',
      pattern: { id: over.id, symbol: 'OVER' },
      ends: over.updated_at
    }
  ])
})

t.test('an expiry that does not come back from the log is issued again under another id', async t => {
  const over = patternOf({ expires_at: 1 })
  const view = viewWith(over)
  const ids: string[] = []
  const feed = new ExpiryFeed({
    view,
    retryMs: 1,
    append: async ({ id }) => {
      ids.push(id)
      if (ids.length === 3) view.apply('daily', [entryOf(1, expired(over))])
    }
  })
  t.teardown(() => feed.stop())

  feed.wake()
  await until(() => view.size === 0)

  const id = `expired:${over.id}:1:0`
  t.same(ids, [id, `${id}:1`, `${id}:2`])
})

t.test('an expiry that waited for Redis has its time to come back all the same', async t => {
  const over = patternOf({ expires_at: 1 })
  const view = viewWith(over)
  const ids: string[] = []
  let now = 1_000
  const feed = new ExpiryFeed({
    view,
    retryMs: 5_000,
    now: () => now,
    append: async ({ id }) => {
      ids.push(id)
      now += 60_000
    }
  })
  t.teardown(() => feed.stop())

  feed.wake()
  await until(() => view.nextDue === now + 5_000)

  t.same(ids, [`expired:${over.id}:1:0`], 'issued once')
  view.apply('daily', [entryOf(1, expired(over))])
  t.equal(view.nextDue, undefined)
})

t.test('what lives anew in the place of a pattern that was ended is due in its own time', async t => {
  const view = viewWith(patternOf({ symbol: 'OVER', expires_at: 1 }))
  const next = patternOf({ symbol: 'NEXT', expires_at: Date.now() + 3_600_000 })
  const feed = new ExpiryFeed({
    view,
    append: async event => {
      view.apply('daily', [entryOf(1, event), entryOf(2, detected(next))])
    }
  })
  t.teardown(() => feed.stop())

  feed.wake()
  await until(() => view.row(next.id) !== undefined)
  await Promise.resolve()

  t.equal(view.nextDue, next.expires_at)
})

t.test('a pattern that arrives with an earlier end is ended first', async t => {
  const view = viewWith(patternOf({ symbol: 'LATE', expires_at: Date.now() + 3_600_000 }))
  const ended: string[] = []
  const feed = new ExpiryFeed({ view, append: async ({ pattern }) => void ended.push(pattern.symbol) })
  t.teardown(() => feed.stop())
  feed.wake()

  view.apply('daily', [entryOf(1, detected(patternOf({ symbol: 'EARLY', expires_at: 1 })))])
  feed.wake()

  await until(() => ended.length > 0)
  t.same(ended, ['EARLY'])
})

t.test('while expiries wait for Redis no more are issued; stopped, none is', async t => {
  const view = viewWith(patternOf({ expires_at: 1 }))
  const appended = Promise.withResolvers<void>()
  let issued = 0
  const feed = new ExpiryFeed({
    view,
    retryMs: 1,
    append: () => {
      issued++
      return appended.promise
    }
  })
  feed.wake()
  await until(() => issued === 1)
  feed.wake()
  feed.stop()
  appended.resolve()
  await appended.promise
  feed.wake()
  t.equal(issued, 1)
})

/** A log of one channel, in which what the feed issues stands after what stands there. */
const logOf = (view: PatternView) => {
  const events: PatternEvent[] = []
  return {
    events,
    append: async (event: PatternEvent) => {
      events.push(event)
      view.apply('daily', [entryOf(events.length, event)])
    }
  }
}

t.test('an update that was published before the end and comes after it prolongs the pattern', async t => {
  const view = viewWith()
  const { events, append } = logOf(view)
  const feed = new ExpiryFeed({ view, append })
  t.teardown(() => feed.stop())
  await append(detected(patternOf({ expires_at: 1, updated_at: 10 })))
  feed.wake()
  await until(() => view.size === 0)

  await append(detected(patternOf({ expires_at: Date.now() + 3_600_000, updated_at: 11 }), 'update'))

  t.equal(view.size, 1)
  t.ok((events[1]?.published_at ?? 0) > 11, 'though the end was published after it')
})

t.test('an update that stands in the log before the end of the state before it is not ended by that', async t => {
  const view = viewWith(patternOf({ expires_at: 1, updated_at: 10 }))
  const events: PatternEvent[] = []
  const behind = new ExpiryFeed({ view, append: async event => void events.push(event) })
  t.teardown(() => behind.stop())
  behind.wake()
  await until(() => events.length > 0)
  const [end] = events
  if (!end) return t.fail()

  view.apply('daily', [entryOf(1, detected(patternOf({ expires_at: 2, updated_at: 11 }))), entryOf(2, end)])

  t.equal(view.size, 1)
  t.equal(view.late, 1)
})

t.test('a pattern that lives again with the same expiry ends again, under another id', async t => {
  const view = viewWith()
  const { events, append } = logOf(view)
  const feed = new ExpiryFeed({ view, append })
  t.teardown(() => feed.stop())
  for (const updated_at of [10, 11]) {
    await append(detected(patternOf({ expires_at: 1, updated_at })))
    feed.wake()
    await until(() => view.size === 0)
  }

  const { id } = patternOf()
  t.same(
    events.filter(({ kind }) => kind === 'pattern_expired').map(event => event.id),
    [`expired:${id}:1:10`, `expired:${id}:1:11`]
  )
})

t.test('what is too much ends as what is over, and comes back where a newer word says so', async t => {
  const view = new PatternView({ maxLivePatterns: 1 })
  view.reset('daily', [], { epoch: 'first', offset: 0 })
  const { events, append } = logOf(view)
  const feed = new ExpiryFeed({ view, append })
  t.teardown(() => feed.stop())
  const later = Date.now() + 3_600_000
  await append(detected(patternOf({ symbol: 'OLD', detected_at: 1, expires_at: later, updated_at: 5 })))
  await append(detected(patternOf({ symbol: 'NEW', detected_at: 2, expires_at: later })))

  feed.wake()
  await until(() => view.size === 1)

  t.match(events.at(-1), { kind: 'pattern_expired', pattern: { symbol: 'OLD' }, ends: 5 })
  t.equal(view.evicted, 1)
})

t.test('what another channel has a newer word on ends in its own log all the same', async t => {
  const view = viewWith()
  view.reset('combo', [], { epoch: 'first', offset: 0 })
  view.apply('daily', [entryOf(1, detected(patternOf({ expires_at: 1, updated_at: 10 })))])
  const newer = patternOf({ channel: 'combo', expires_at: Date.now() + 3_600_000, updated_at: 11 })
  view.apply('combo', [entryOf(1, detected(newer))])
  const events: PatternEvent[] = []
  const feed = new ExpiryFeed({ view, append: async event => void events.push(event) })
  t.teardown(() => feed.stop())

  feed.wake()
  await until(() => events.length > 0)

  t.match(events, [{ pattern: { channel: 'daily' }, ends: 10 }])
})
