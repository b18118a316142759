import assert from 'node:assert/strict'
import { CHANNELS, type Channel, type Pattern, type Positions, ProblemError } from '@tickstock/contracts'
import fc from 'fast-check'
import t from 'tap'
import { readCursor, sinceText, writeCursor } from '../../../src/domain/cursor.ts'
import type { PatternQuery } from '../../../src/domain/query.ts'
import { PatternView, type ScanResult } from '../../../src/domain/view/pattern-view.ts'
import { detected, entryOf, expired, patternOf } from '../../events.ts'
import { anyChannel, patternWith, scanQuery } from '../arbitraries.ts'
import { naiveScan, SECTORS } from '../naive-scan.ts'

const BEGIN = { epoch: 'first', offset: 0 }

function emptyView() {
  const view = new PatternView({ maxLivePatterns: 10_000 })
  for (const channel of CHANNELS) view.reset(channel, [], BEGIN)
  view.setSectors(SECTORS)
  return view
}

const positionsOf = (view: PatternView): Positions => {
  assert(view.positions)
  return view.positions
}

const idsOf = ({ rows }: ScanResult): string[] => rows.map(({ pattern }) => pattern.id)

/** The query that goes on after a result, through the text of its cursor; undefined on the last page. */
function nextOf(view: PatternView, query: PatternQuery, result: ScanResult): PatternQuery | undefined {
  if (!result.more || !result.last) return undefined
  const since = query.cursor?.since ?? positionsOf(view)
  const text = writeCursor({ ...result.last, page: query.page + 1 }, sinceText(since), query, query.perPage)
  const cursor = readCursor(text, query, query.perPage)
  return { ...query, page: cursor.page, cursor }
}

/** A log that is written and read at once, by views that lag behind or not. */
class Log {
  readonly #offsets = new Map<Channel, number>()
  readonly #views: readonly PatternView[]
  readonly model = new Map<string, Pattern>()

  constructor(...views: PatternView[]) {
    this.#views = views
  }

  put(pattern: Pattern): void {
    this.#append(pattern, detected(pattern))
    this.model.set(pattern.id, pattern)
  }

  expire(pattern: Pattern): void {
    this.#append(pattern, expired(pattern))
    this.model.delete(pattern.id)
  }

  #append({ channel }: Pattern, event: ReturnType<typeof detected>) {
    const offset = (this.#offsets.get(channel) ?? 0) + 1
    this.#offsets.set(channel, offset)
    for (const view of this.#views) view.apply(channel, [entryOf(offset, event)])
  }
}

t.test('a walk of nothing that changes is the pages by number', async () => {
  fc.assert(
    fc.property(fc.array(patternWith(anyChannel), { maxLength: 80 }), scanQuery, (patterns, asked) => {
      const view = emptyView()
      const log = new Log(view)
      for (const [index, pattern] of patterns.entries()) log.put({ ...pattern, channel: 'daily', updated_at: index })
      const ids: string[] = []
      for (let query: PatternQuery | undefined = asked; query; ) {
        const result = view.scan(query)
        ids.push(...idsOf(result))
        query = nextOf(view, query, result)
      }
      assert.deepEqual(
        ids,
        naiveScan(log.model.values(), asked).map(({ id }) => id)
      )
    }),
    { numRuns: 200 }
  )
})

const QUERY: PatternQuery = {
  view: 'full',
  ranges: {},
  sortBy: 'confidence',
  descending: true,
  page: 1,
  perPage: 1
}

function walkOf(patterns: number, query = QUERY) {
  const view = emptyView()
  const log = new Log(view)
  for (let n = 0; n < patterns; n++) log.put(patternOf({ symbol: `S${n}`, confidence: n / patterns, updated_at: 1 }))
  const next = nextOf(view, query, view.scan(query))
  assert(next)
  return { view, log, next }
}

const codeOf = (act: () => unknown): string => {
  try {
    act()
    return ''
  } catch (error) {
    return error instanceof ProblemError ? `${error.code} ${error.errors.map(({ field }) => field)}` : `${error}`
  }
}

t.test('many matches are walked along the order, from either end', async t => {
  for (const descending of [true, false]) {
    const query = { ...QUERY, descending, perPage: 100, ranges: { confidence: { min: 0, max: 0.9 } } }
    const { view, log, next } = walkOf(2_000, query)
    log.put(patternOf({ symbol: 'S1000', confidence: descending ? 1 : 0, updated_at: 2 }))
    log.put(patternOf({ symbol: 'S500', confidence: descending ? 0.85 : 0.05, updated_at: 2 }))
    const ids = idsOf(view.scan({ ...query, page: 1 }))
    for (let query: PatternQuery | undefined = next; query; ) {
      const result = view.scan(query)
      ids.push(...idsOf(result).filter(id => !ids.includes(id)))
      query = nextOf(view, query, result)
    }
    t.ok(ids.length >= 1_798)
    t.ok(ids.some(id => id.startsWith('S500:')))
  }
})

t.test('a walk by confidence cannot go on when too much has moved, one by time can', async t => {
  const { view, log, next } = walkOf(3)
  for (let n = 0; n < 33_000; n++) log.put(patternOf({ symbol: 'S2', confidence: (n % 100) / 100, updated_at: 2 + n }))

  t.equal(
    codeOf(() => view.scan(next)),
    'invalid_request query.cursor'
  )

  const byTime = { ...QUERY, sortBy: 'detected_at' as const }
  const result = view.scan(byTime)
  const after = nextOf(view, byTime, result)
  t.ok(after && view.scan(after).rows.length === 1)
})

t.test('a walk ends with the log that it began with, and waits for a replica that has read as much', async t => {
  const { view, next } = walkOf(3)
  t.equal(
    codeOf(() => emptyView().scan(next)),
    'not_ready '
  )

  view.reset('daily', [], { epoch: 'second', offset: 0 })
  t.equal(
    codeOf(() => view.scan(next)),
    'invalid_request query.cursor'
  )
})

t.test('a walk does not go on over patterns that were loaded anew', async t => {
  const { view, next } = walkOf(3)
  view.reset('daily', [patternOf({ symbol: 'S1' })], { epoch: 'first', offset: 4 })
  t.equal(
    codeOf(() => view.scan(next)),
    'invalid_request query.cursor'
  )
})
