import assert from 'node:assert/strict'
import {
  asciiJson,
  CHANNELS,
  type Channel,
  type EventKind,
  type Pattern,
  type PatternEvent,
  type Positions,
  ProblemError,
  patternId,
  perChannel
} from '@tickstock/contracts'
import fc from 'fast-check'
import t from 'tap'
import { displayRow } from '../../../src/domain/display-row.ts'
import { csvHeader, csvLine } from '../../../src/domain/export/csv.ts'
import { exported } from '../../../src/domain/export/exported.ts'
import type { PatternQuery } from '../../../src/domain/query.ts'
import { PreparedScan, type ScanAnswer } from '../../../src/domain/scan-answers.ts'
import { identityOf, type PatternView } from '../../../src/domain/view/pattern-view.ts'
import { appWith } from '../../routes/app-with.ts'
import { anyChannel, scanQuery } from '../arbitraries.ts'
import { naiveScan, SECTORS } from '../naive-scan.ts'
import {
  continued,
  type ExpectedPage,
  expectedAfter,
  expectedRefusal,
  expectedSummary,
  expectedTypes,
  Logs,
  meanConfidence,
  Replica,
  type Sectors
} from './reference.ts'

const HOUR = 3_600_000
const BEGIN = 1_700_000_000_000
const SYMBOLS = ['AAPL', 'MSFT', 'BRK.B', '^GSPC', 'TSLA'] as const
const NAMES = ['Doji', 'Bull_Flag', 'doji'] as const
const TABLES: readonly Sectors[] = [
  SECTORS,
  new Map([
    ['AAPL', 'energy'],
    ['BRK.B', 'technology']
  ])
]

/** Thirty patterns have the same moment of detection, and each number few values: so that ids decide. */
function identity(nth: number, channel: Channel) {
  const named = {
    symbol: SYMBOLS[nth % 5] ?? 'AAPL',
    pattern: NAMES[nth % 3] ?? 'Doji',
    timeframe: nth % 2 === 0 ? 'daily' : '5min',
    detected_at: BEGIN + Math.floor(nth / 30)
  }
  return { id: patternId(named), channel, ...named }
}

const optional = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined, freq: 4 })
const ratio = optional(fc.constantFrom(0, 0.5, 1, 1.5, 2))

const numbers = fc.record({
  confidence: fc.constantFrom(0, 0.25, 0.5, 0.8, 0.97, 0.99, 1),
  relative_strength: ratio,
  relative_volume: ratio,
  rsi: optional(fc.constantFrom(0, 30, 50, 70, 100)),
  price: fc.constantFrom(null, 150.25, 0.5)
})

type Numbers = typeof numbers extends fc.Arbitrary<infer Value> ? Value : never

function patternWith(nth: number, channel: Channel, updated_at: number, { confidence, price, ...rest }: Numbers) {
  const indicators = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined))
  const about = { change: null, expires_at: BEGIN + HOUR, synthetic: false, extra: { note: 'é "quoted"\n' } }
  return { ...identity(nth, channel), confidence, price, indicators, updated_at, ...about } satisfies Pattern
}

const replica = fc.nat(1)

/** Queries that a case asks, again and again: so that answers are remembered. */
const QUERIES = 3

const queriesOf = (perPage: fc.Arbitrary<number>): fc.Arbitrary<PatternQuery[]> => {
  const asked = fc.tuple(scanQuery, perPage).map(([query, perPage]): PatternQuery => ({ ...query, perPage }))
  const all = asked.map((query): PatternQuery => {
    const { sortBy, descending, perPage, view, page } = query
    return { ranges: {}, sortBy, descending, perPage, view, page }
  })
  const ranges = asked.map(({ ranges, sortBy, descending, perPage, view, page }): PatternQuery => {
    return { ranges, sortBy, descending, perPage, view, page }
  })
  const query = fc
    .tuple(fc.oneof(asked, ranges, all), fc.constantFrom('full' as const, 'display' as const), fc.constantFrom(1, 1, 2))
    .map(([query, view, page]): PatternQuery => ({ ...query, view, page }))
  return fc.array(query, { minLength: QUERIES, maxLength: QUERIES })
}

const stepsOf = (patterns: number) => {
  const query = fc.nat(QUERIES - 1)
  const said = fc.record({
    what: fc.constant('said' as const),
    kind: fc.constantFrom<EventKind[]>('pattern_detected', 'pattern_updated', 'pattern_updated', 'pattern_expired'),
    nth: fc.nat(patterns - 1),
    channel: fc.oneof({ weight: 3, arbitrary: fc.constant('daily' as const) }, { weight: 1, arbitrary: anyChannel }),
    moment: fc.integer({ min: -3, max: 1 }),
    later: fc.constantFrom(0, 0, 0, 0, HOUR / 2, HOUR + 1, -HOUR),
    ends: fc.boolean(),
    numbers
  })
  const step = <const What extends string, Rest extends object>(
    weight: number,
    what: What,
    rest: { [Field in keyof Rest]: fc.Arbitrary<Rest[Field]> }
  ) => ({ weight, arbitrary: fc.record(rest).map(given => ({ what, ...given })) })
  return fc.oneof(
    { weight: 30, arbitrary: said },
    step(2, 'repeated', { channel: anyChannel, nth: fc.nat() }),
    step(20, 'read', {
      replica,
      channel: fc.option(anyChannel, { nil: undefined }),
      count: fc.integer({ min: 1, max: 6 }),
      again: fc.nat(2)
    }),
    step(1, 'restarted', { replica, back: fc.nat(3) }),
    step(1, 'loaded', { replica, channel: anyChannel, back: fc.nat(3) }),
    step(1, 'lost', { channel: anyChannel }),
    step(2, 'sectors', { table: fc.nat(1) }),
    step(15, 'scanned', { replica, query, later: fc.constantFrom(0, 0, 1_000, 31_000) }),
    step(30, 'continued', { replica, walk: fc.nat(2), asksAgain: fc.boolean() }),
    step(2, 'exported', { replica, query }),
    step(2, 'reported', { replica })
  )
}

type Step = ReturnType<typeof stepsOf> extends fc.Arbitrary<infer Value> ? Value : never

/** Pages that follow one another by their cursors, on whichever replica. */
interface Walk {
  readonly first: PatternQuery
  cursor: string
  last: Pattern
  readonly seen: Set<string>
  /** What lived and matched at every page so far, and follows the first. */
  readonly throughout: Set<string>
}

/** Counts what a run went through: a property that never walks proves nothing. */
const counts = { pages: 0, walked: 0, refused: 0, walks: 0, exports: 0, reports: 0 }

class Run {
  readonly #logs = new Logs()
  #sectors: Sectors = SECTORS
  readonly #replicas = [
    new Replica(this.#logs, () => this.#sectors),
    new Replica(this.#logs, () => this.#sectors)
  ] as const
  readonly #queries: readonly PatternQuery[]
  readonly #walks: Walk[] = []
  readonly #tags = new Map<string, string>()
  #now = BEGIN
  #time = 10 * HOUR
  #moment = 10

  /** @param base of each of so many patterns a detection that all have read */
  constructor(queries: readonly PatternQuery[], base: readonly Numbers[]) {
    this.#queries = queries
    for (const [nth, each] of base.entries()) {
      const channel = CHANNELS[nth % 4] ?? 'daily'
      this.#append(channel, 'pattern_detected', patternWith(nth, channel, 0, each))
    }
    for (const replica of this.#replicas) for (const channel of CHANNELS) replica.read(channel, base.length, 0)
  }

  do(step: Step): void {
    if (step.what === 'said') {
      this.#time += step.later
      const pattern = patternWith(step.nth, step.channel, Math.max(0, ++this.#moment + step.moment), step.numbers)
      this.#append(step.channel, step.kind, pattern, step.ends)
    } else if (step.what === 'repeated') {
      const entries = this.#logs.entries(step.channel)
      const entry = entries[step.nth % Math.max(1, entries.length)]
      if (entry) this.#logs.append(step.channel, entry.event, this.#time)
    } else if (step.what === 'lost') {
      this.#logs.lose(step.channel)
    } else if (step.what === 'sectors') {
      this.#sectors = TABLES[step.table] ?? SECTORS
      for (const { view } of this.#replicas) view.setSectors(this.#sectors)
    } else this.#doTo(this.#replicas[step.replica === 0 ? 0 : 1], step)
  }

  #doTo(replica: Replica, step: Extract<Step, { readonly replica: number }>) {
    const before = (channel: Channel, back: number) => Math.max(0, this.#logs.entries(channel).length - back)
    if (step.what === 'read') {
      for (const channel of step.channel ? [step.channel] : CHANNELS) replica.read(channel, step.count, step.again)
    } else if (step.what === 'restarted') replica.restart(channel => before(channel, step.back))
    else if (step.what === 'loaded') replica.load(step.channel, before(step.channel, step.back))
    else if (step.what === 'continued')
      this.#continue(replica, this.#walks[step.walk % this.#walks.length], step.asksAgain)
    else if (step.what === 'exported') this.#export(replica, this.#query(step))
    else if (step.what === 'reported') this.#report(replica)
    else {
      this.#now += step.later
      this.#scan(replica, this.#query(step))
    }
  }

  get view(): PatternView {
    return this.#replicas[0].view
  }

  /** Reads all, and ends every walk. */
  finish(): void {
    for (const replica of this.#replicas) {
      for (const channel of CHANNELS) {
        replica.read(channel, 0, 0)
        replica.read(channel, 1_000, 1)
      }
      this.#report(replica)
    }
    for (const walk of [...this.#walks])
      while (this.#walks.includes(walk)) this.#continue(this.#replicas[0], walk, false)
  }

  #query(step: { readonly query: number }): PatternQuery {
    const query = this.#queries[step.query]
    assert(query)
    return query
  }

  #append(channel: Channel, kind: EventKind, pattern: Pattern, ends = false) {
    const about = { id: `${kind}:${pattern.id}:${pattern.updated_at}`, published_at: pattern.updated_at }
    const event: PatternEvent =
      kind === 'pattern_expired'
        ? {
            ...about,
            kind,
            pattern: identityOf(pattern),
            ...(ends ? { ends: Math.max(0, pattern.updated_at - 1) } : {})
          }
        : { ...about, kind, pattern }
    this.#logs.append(channel, event, this.#time)
  }

  #live({ positions }: Replica, query: PatternQuery): readonly Pattern[] {
    return naiveScan(this.#logs.liveAt(positions).values(), query, this.#sectors)
  }

  #scan(replica: Replica, query: PatternQuery) {
    const list = this.#live(replica, query)
    const skip = (query.page - 1) * query.perPage
    const expected = {
      rows: list.slice(skip, skip + query.perPage),
      total: list.length,
      more: list.length > skip + query.perPage
    }
    const { answers } = replica
    for (const scan of [new PreparedScan(query), answers.prepare(query)]) {
      const cursor = this.#check(answers.answer(scan, this.#now), query, expected, replica.positions)
      const last = expected.rows.at(-1)
      if (!cursor || !last) continue
      const { since } = continued(query, cursor).cursor
      assert.equal(expectedRefusal(replica, since, query), undefined, 'a cursor that is refused at once')
      // A remembered answer's cursor continues from the positions of when it was found, where the page was the same.
      const then = naiveScan(this.#logs.liveAt(since).values(), query, this.#sectors)
      assert.deepEqual(then, list)
      const begun = { first: query, cursor, last, seen: new Set(expected.rows.map(idOf)) }
      this.#walks.push({ ...begun, throughout: new Set(list.slice(skip).map(idOf)) })
    }
    while (this.#walks.length > 3) this.#walks.shift()
  }

  #continue(replica: Replica, walk: Walk | undefined, asksAgain: boolean) {
    if (!walk) return
    const query = continued(walk.first, walk.cursor)
    const { since } = query.cursor
    const scan = asksAgain ? replica.answers.prepare(query) : new PreparedScan(query)
    const answer = () => replica.answers.answer(scan, this.#now)
    const refusal = expectedRefusal(replica, since, query)
    if (refusal !== undefined) {
      counts.refused++
      assert.throws(answer, (error: unknown) => error instanceof ProblemError && error.code === refusal)
      if (refusal === 'invalid_request') this.#walks.splice(this.#walks.indexOf(walk), 1)
      return
    }
    const expected = expectedAfter(this.#logs, replica.positions, since, walk.last, query, this.#sectors)
    const cursor = this.#check(answer(), query, expected, since)
    counts.walked++
    const live = new Set(this.#live(replica, query).map(idOf))
    for (const id of walk.throughout) if (!live.has(id)) walk.throughout.delete(id)
    for (const { id } of expected.rows) {
      assert(!walk.seen.has(id), `${id} comes twice`)
      walk.seen.add(id)
    }
    walk.cursor = cursor ?? ''
    walk.last = expected.rows.at(-1) ?? walk.last
    if (cursor !== null) return
    counts.walks++
    for (const id of walk.throughout) assert(walk.seen.has(id), `${id} is missed`)
    this.#walks.splice(this.#walks.indexOf(walk), 1)
  }

  /** @returns the cursor of the next page */
  #check(answer: ScanAnswer | undefined, query: PatternQuery, expected: ExpectedPage, positions: Positions) {
    assert(answer)
    counts.pages++
    const { next_cursor, ...body } = JSON.parse(`${answer.head}${answer.tail}}`)
    const { rows, total, more } = expected
    const patterns = query.view === 'full' ? rows : rows.map(row => displayRow(row, this.#now))
    const { page, perPage: per_page } = query
    assert.deepEqual(body, { patterns, page, per_page, total, pages: Math.ceil(total / per_page), positions })
    assert.equal(typeof next_cursor === 'string', more)

    const said = JSON.stringify([query.view, patterns, total, Math.floor(this.#now / 30_000)])
    assert.equal(this.#tags.get(said) ?? answer.tag, answer.tag, 'equal answers have equal tags')
    assert.equal(this.#tags.get(answer.tag) ?? said, said, 'and others have others')
    this.#tags.set(said, answer.tag).set(answer.tag, said)
    return next_cursor
  }

  #export(replica: Replica, query: PatternQuery) {
    counts.exports++
    const list = this.#live(replica, query)
    const lines = [...exported(replica.view, query, 'ndjson')].join('').split('\n')
    assert.equal(lines.pop(), '')
    assert.deepEqual(
      lines.map(line => JSON.parse(line)),
      list
    )
    assert.equal([...exported(replica.view, query, 'csv')].join(''), csvHeader() + list.map(csvLine).join(''))
  }

  #report({ view, reports, positions, late }: Replica) {
    counts.reports++
    const live = [...this.#logs.liveAt(positions).values()]
    assert.deepEqual(JSON.parse(`${reports.summary().json}}`), expectedSummary(live, this.#sectors))
    const { types } = JSON.parse(reports.types().json)
    const means = types.map(({ name, confidence }: { name: string; confidence: number }) => {
      assert(Math.abs(confidence - meanConfidence(name, live)) < 1e-4)
      return confidence
    })
    assert.deepEqual(
      types,
      expectedTypes(live).map((type, at) => ({ ...type, confidence: means[at] }))
    )
    assert.equal(view.size, live.length)
    assert.equal(view.late, late)
    assert.deepEqual(
      perChannel(channel => reports.countOf(channel)),
      perChannel(channel => live.filter(each => each.channel === channel).length)
    )
    for (const pattern of live) assert.equal(view.row(pattern.id), asciiJson(pattern))
  }
}

const idOf = ({ id }: Pattern): string => id

const run = (queries: readonly PatternQuery[], base: readonly Numbers[], steps: readonly Step[]) => {
  const run = new Run(queries, base)
  for (const step of steps) run.do(step)
  run.finish()
  return run
}

const check = (...given: Parameters<typeof run>) => void run(...given)

/** More by hand: RUNS=100000 SEED=1. */
const { RUNS = '300', SEED } = process.env
const settings = { numRuns: Number(RUNS), ...(SEED === undefined ? {} : { seed: Number(SEED) }) }

t.test('every answer is what filtering and sorting all gives, at any position, on any replica', async t => {
  const steps = fc.array(stepsOf(12), { maxLength: 150, size: 'max' })
  const base = fc.array(numbers, { maxLength: 12, size: 'max' })
  fc.assert(fc.property(queriesOf(fc.integer({ min: 1, max: 4 })), base, steps, check), settings)
  t.comment(JSON.stringify(counts))
  for (const [name, count] of Object.entries(counts)) t.ok(count > 0, name)
})

t.test('the same where patterns are many', async () => {
  const steps = fc.array(stepsOf(700), { maxLength: 60, size: 'max' })
  const base = fc.array(numbers, { minLength: 700, maxLength: 700, size: 'max' })
  const numRuns = Math.ceil(settings.numRuns / 20)
  fc.assert(fc.property(queriesOf(fc.integer({ min: 50, max: 100 })), base, steps, check), { ...settings, numRuns })
})

t.test('the body of every route can be parsed, and they agree', async t => {
  const steps = fc.array(stepsOf(12), { maxLength: 60, size: 'max' })
  const base = fc.array(numbers, { maxLength: 12, size: 'max' })
  const agree = async (...given: Parameters<typeof run>) => {
    const { view } = run(...given)
    const { get } = appWith(t, { view })
    const json = async (route: string) => JSON.parse((await get(`/api/patterns/${route}`)).body)
    const { total } = await json('scan')

    assert.equal((await json('scan?view=display')).total, total)
    assert.equal((await json('summary')).total, total)
    assert.equal((await json('stats')).live, total)
    const { types } = await json('types')
    assert.equal(
      types.reduce((sum: number, { count }: { count: number }) => sum + count, 0),
      total
    )
    const rows = (await get('/api/patterns/export')).body.split('\n').slice(0, -1)
    assert.equal(rows.map(row => JSON.parse(row)).length, total)
    assert.equal((await get('/api/patterns/export?format=csv')).body.split('\r\n').length, total + 2)
  }
  await fc.assert(fc.asyncProperty(queriesOf(fc.constant(4)), base, steps, agree), { numRuns: 5 })
})
