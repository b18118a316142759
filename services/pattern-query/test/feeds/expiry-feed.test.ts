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
    { id: `expired:${over.id}:${over.expires_at}`, kind: 'pattern_expired', pattern: { id: over.id, symbol: 'OVER' } }
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

  const id = `expired:${over.id}:1`
  t.same(ids, [id, `${id}:1`, `${id}:2`])
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
