import type { Retained } from '@tickstock/event-log'
import { until } from '@tickstock/test-kit'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { RetentionFeed } from '../../src/feeds/retention-feed.ts'

const retained: Retained = { length: 10, oldestAgeMs: 5, cut: 0, cutUnread: 0 }

function given(t: Test, apply: (abort?: AbortSignal) => Promise<Retained>) {
  const lines: Record<string, unknown>[] = []
  const logger = pino({ level: 'info' }, { write: (line: string) => lines.push(JSON.parse(line)) })
  const feed = new RetentionFeed({ channel: 'daily', retention: { apply }, logger, everyMs: 2 })
  const stop = new AbortController()
  const running = feed.run(stop.signal)
  const end = () => {
    stop.abort()
    return running
  }
  t.teardown(end)
  return { feed, lines, end }
}

t.test('the log is looked at again and again, and what it held is known', async t => {
  let looks = 0
  const { feed, lines, end } = given(t, async () => ({ ...retained, length: ++looks }))
  t.equal(feed.retained, undefined)

  await until(() => looks > 3)
  await end()

  t.equal(feed.retained?.length, looks)
  t.same(lines, [])
})

t.test('a Redis that is away is told once, when it is back too, and what was known stays', async t => {
  let isAway = false
  let failures = 0
  const { feed, lines } = given(t, async () => {
    if (!isAway) return retained
    failures++
    throw new Error('away')
  })
  await until(() => feed.retained !== undefined)

  isAway = true
  await until(() => failures > 3)
  isAway = false
  await until(() => lines.length > 1)

  t.match(feed.retained, retained)
  t.match(lines, [
    { msg: 'cutting the log fails', reason: 'away', channel: 'daily' },
    { msg: 'cutting the log works again' }
  ])
})

t.test('what was cut unread since the last look is told, and what was before is not told again', async t => {
  let cutUnread = 100
  const { feed, lines } = given(t, async () => ({ ...retained, cutUnread }))
  await until(() => feed.retained !== undefined)

  cutUnread = 164
  await until(() => lines.length > 0)
  cutUnread = 0
  await until(() => feed.retained?.cutUnread === 0)

  t.match(lines, [{ level: 50, channel: 'daily', entries: 64, length: 10 }])
  t.equal(lines.length, 1)
})

t.test('a look that the end interrupts is no failure', async t => {
  let began = () => {}
  const looking = new Promise<void>(resolve => {
    began = resolve
  })
  const { feed, lines, end } = given(t, abort => {
    began()
    return new Promise((_, reject) => abort?.addEventListener('abort', () => reject(new Error('closed'))))
  })
  await looking

  await end()

  t.same(lines, [])
  t.equal(feed.retained, undefined)
})
