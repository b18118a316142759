import { createServer } from 'node:http'
import { type Pattern, PROBLEM_MEDIA_TYPE, PROBLEMS, type ProblemCode } from '@tickstock/contracts'
import type { Teardown } from '@tickstock/test-kit'
import t from 'tap'
import { HttpSnapshots } from '../../src/stores/http-snapshots.ts'
import { noSnapshots } from '../../src/stores/no-snapshots.ts'
import { eventOf, type Say } from '../domain/fixtures.ts'

const user = { user: 'alice' }

function patternOf(offset: number, say: Say = {}): Pattern {
  const { kind, pattern } = eventOf(offset, say)
  if (kind === 'pattern_expired') throw new Error('an expiry has no pattern')
  return pattern
}

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = []
  for await (const item of items) found.push(item)
  return found
}

interface Page {
  readonly patterns?: readonly Pattern[]
  readonly next?: string | null
  readonly epoch?: string
  readonly offset?: number
  readonly total?: number
  readonly page?: number
}

const answerOf = ({
  patterns = [],
  next = null,
  epoch = 'e1',
  offset = 7,
  total = patterns.length,
  page = 1
}: Page) => {
  const position = { epoch, offset }
  return {
    patterns,
    page,
    per_page: 100,
    total,
    pages: 1,
    next_cursor: next,
    positions: { daily: position, intraday: position, combo: position },
    stale: false,
    as_of: 1
  }
}

const problemOf = (code: ProblemCode) => ({
  type: `urn:tickstock:problem:${code}`,
  code,
  ...PROBLEMS[code],
  detail: 'what it says',
  request_id: 'r'
})

/** A pattern-query that gives these answers, one after the other, the last again and again. */
async function setting(t: Teardown, answers: readonly (Page | ProblemCode)[]) {
  const asked: { readonly as: string; readonly query: URLSearchParams; readonly length: number }[] = []
  const server = createServer((request, response) => {
    const { searchParams: query } = new URL(`${request.url}`, 'http://here')
    asked.push({ as: `${request.headers['x-user-id']}`, query, length: `${request.url}`.length })
    const answer = answers[Math.min(asked.length, answers.length) - 1] ?? {}
    const body = typeof answer === 'string' ? problemOf(answer) : answerOf(answer)
    response.writeHead('status' in body ? body.status : 200, {
      'content-type': 'status' in body ? PROBLEM_MEDIA_TYPE : 'application/json'
    })
    response.end(JSON.stringify(body))
  })
  t.teardown(() => server.close())
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const snapshots = new HttpSnapshots({
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    credentials: {
      headers: async () => ({ 'x-user-id': 'service:realtime-gateway' }),
      headersFor: async name => ({ 'x-user-id': name })
    }
  })
  return { snapshots, asked }
}

t.test(
  'what lives is asked for as the user, page after page, and every page has the position of the first',
  async t => {
    const { snapshots, asked } = await setting(t, [
      { patterns: [patternOf(1), patternOf(2)], next: 'c1', offset: 7, total: 203 },
      { patterns: [patternOf(3)], next: 'c2', offset: 7, total: 203, page: 2 },
      { patterns: [], offset: 7, total: 203, page: 3 }
    ])
    const pages = await all(snapshots.pages(user, 'daily', {}))
    t.match(pages, [
      { position: { epoch: 'e1', offset: 7 }, patterns: [{ detected_at: 1 }, { detected_at: 2 }], remaining: 103 },
      { position: { epoch: 'e1', offset: 7 }, patterns: [{ detected_at: 3 }], remaining: 3 },
      { position: { epoch: 'e1', offset: 7 }, patterns: [], remaining: 0 }
    ])
    t.same(
      asked.map(({ as, query }) => `${as} ${query.get('cursor')} ${query.get('timeframe')} ${query.get('sort_by')}`),
      ['alice null daily detected_at', 'alice c1 daily detected_at', 'alice c2 daily detected_at']
    )
  }
)

t.test('a page is asked for when it is taken, and none after the last that is', async t => {
  const { snapshots, asked } = await setting(t, [{ patterns: [patternOf(1)], next: 'c', total: 999 }])
  for await (const _ of snapshots.pages(user, 'daily', {})) if (asked.length === 2) break
  t.equal(asked.length, 2)
})

t.test('what a scan brings is held against the matcher of the feed', async t => {
  const { snapshots, asked } = await setting(t, [
    {
      patterns: [
        patternOf(1, { confidence: 0.9 }),
        patternOf(2, { confidence: 0.1 }),
        patternOf(3, { symbol: 'MSFT', confidence: 0.9 }),
        patternOf(4, { channel: 'combo', confidence: 0.9 })
      ]
    }
  ])
  const filter = {
    symbols: ['aapl'],
    pattern_types: ['doji'],
    timeframes: ['DAILY', '5min'],
    confidence_min: 0.5,
    rs_min: 0.1,
    vol_min: 0.2,
    rsi_range: '0.0000001,99'
  }
  const pages = await all(snapshots.pages(user, 'daily', filter))
  t.same(pages[0]?.patterns, [], 'it has no relative strength')
  const { rs_min: _, vol_min: __, rsi_range: ___, ...numbers } = filter
  const [page] = await all(snapshots.pages(user, 'daily', numbers))
  t.match(page?.patterns, [{ detected_at: 1 }])
  t.equal(page?.patterns.length, 1)
  t.match(Object.fromEntries(asked[0]?.query ?? []), {
    symbols: 'AAPL',
    pattern_types: 'doji',
    confidence_min: '0.5',
    rs_min: '0.1',
    vol_min: '0.2',
    rsi_range: '0,99'
  })
})

t.test('a filter that lets nothing through costs one question, for the position', async t => {
  const { snapshots, asked } = await setting(t, [{ patterns: [patternOf(1)], next: 'c', total: 999 }])
  const pages = await all(snapshots.pages(user, 'daily', { symbols: [] }))
  t.same(pages, [{ position: { epoch: 'e1', offset: 7 }, patterns: [], remaining: 0 }])
  t.equal(asked.length, 1)
})

t.test(
  'more symbols than a URL takes are several questions, whose answers are of no earlier moment than the first',
  async t => {
    const symbols = Array.from({ length: 3000 }, (_, at) => `S${at}`)
    const names = Array.from({ length: 100 }, (_, at) => `a pattern with a name that is rather long ${at}`)
    const several = await setting(t, [{ next: 'c' }, {}, { offset: 6 }, { offset: 9 }, { offset: 8 }])
    const pages = await all(several.snapshots.pages(user, 'daily', { symbols }))
    t.same(pages.map(({ remaining }) => remaining === 0).lastIndexOf(false), pages.length - 2)
    t.ok(pages.every(({ position }) => position.offset === 7))
    const asked = several.asked.flatMap(({ query }) =>
      query.has('cursor') ? [] : (query.get('symbols')?.split(',') ?? [])
    )
    t.same(new Set(asked), new Set(symbols))
    t.ok(several.asked.every(({ length }) => length < 8 * 1024))

    const long = await setting(t, [{}])
    await all(long.snapshots.pages(user, 'daily', { symbols, pattern_types: names }))
    t.ok(long.asked.every(({ query, length }) => !query.has('pattern_types') && length < 8 * 1024))

    for (const later of [{ offset: 6 }, { epoch: 'e2', offset: 70 }]) {
      const behind = await setting(t, [{}, later])
      await t.rejects(all(behind.snapshots.pages(user, 'daily', { symbols })), {
        code: 'patterns_unavailable'
      })
    }
  }
)

t.test('what is refused for good is refused in its words, and all else is that nobody knows now', async t => {
  const ask = async (...answers: (Page | ProblemCode)[]) => {
    const { snapshots } = await setting(t, answers)
    return all(snapshots.pages(user, 'daily', {}))
  }
  await t.rejects(ask('forbidden'), { code: 'forbidden', message: 'what it says' })
  await t.rejects(ask('invalid_request'), { code: 'invalid_request' })
  await t.rejects(ask('not_ready'), { code: 'patterns_unavailable' })
  await t.rejects(ask({ next: 'c' }, 'invalid_request'), { code: 'patterns_unavailable' }, 'the log began anew')
  const closed = new HttpSnapshots({
    url: 'http://127.0.0.1:9',
    credentials: { headers: async () => ({}), headersFor: async () => ({}) }
  })
  await t.rejects(all(closed.pages(user, 'daily', {})), { code: 'patterns_unavailable' })
  await t.rejects(all(noSnapshots.pages(user, 'daily', {})), { code: 'patterns_unavailable' })
})

t.test('who is gone is asked for no more', async t => {
  const { snapshots, asked } = await setting(t, [{ next: 'c', total: 999 }])
  const abort = new AbortController()
  const pages = snapshots.pages(user, 'daily', {}, abort.signal)
  await pages.next()
  abort.abort(new Error('gone'))
  await t.rejects(pages.next(), { message: 'gone' })
  t.equal(asked.length, 1)

  const symbols = Array.from({ length: 3000 }, (_, at) => `S${at}`)
  const behind = await setting(t, [{}, { offset: 6 }])
  const leaving = new AbortController()
  const parts = behind.snapshots.pages(user, 'daily', { symbols }, leaving.signal)
  await parts.next()
  const second = parts.next()
  leaving.abort(new Error('gone'))
  await t.rejects(second, { message: 'gone' })
})
