import { CHANNELS } from '@tickstock/contracts'
import t from 'tap'
import { parseScan } from '../../src/domain/query.ts'
import { PreparedScan, ScanAnswers } from '../../src/domain/scan-answers.ts'
import { PatternView } from '../../src/domain/view/pattern-view.ts'
import { detected, entryOf, expired, patternOf } from '../events.ts'

const BEGIN = { epoch: 'first', offset: 0 }
const NOW = 1_700_000_010_000
const QUERY = parseScan({})

const emptyView = () => {
  const view = new PatternView({ maxLivePatterns: 1_000 })
  for (const channel of CHANNELS) view.reset(channel, [], BEGIN)
  return view
}

t.test('there is no answer before the view is built', async t => {
  const answers = new ScanAnswers(new PatternView({ maxLivePatterns: 10 }))
  t.equal(answers.answer(answers.prepare(QUERY), NOW), undefined)
})

t.test('equal scans are found once, and again each half minute', async t => {
  const answers = new ScanAnswers(emptyView())
  const ask = (now: number) => answers.answer(answers.prepare(parseScan({ page: 1, per_page: 30 })), now)

  const first = ask(NOW)
  t.same(ask(NOW + 1_000), first)
  t.same([answers.answered, answers.remembered], [2, 1])
  t.not(ask(NOW + 30_000)?.tag, first?.tag, 'so that nobody keeps positions for long')
  t.same([answers.answered, answers.remembered], [3, 1])
})

t.test('what does not touch an answer leaves it, with the positions of now', async t => {
  const view = emptyView()
  const answers = new ScanAnswers(view)
  const scan = answers.prepare(parseScan({ symbols: ['AAPL'], confidence_min: 0.5 }))
  const put = (offset: number, over: Parameters<typeof patternOf>[0]) =>
    view.apply('daily', [entryOf(offset, detected(patternOf(over)))])

  const first = answers.answer(scan, NOW)
  put(1, { symbol: 'MSFT' })
  put(2, { confidence: 0.4 })
  const second = answers.answer(scan, NOW)
  put(3, { confidence: 0.6, updated_at: 1 })
  const third = answers.answer(scan, NOW)

  t.equal(second?.tag, first?.tag)
  t.match(second?.tail, '"daily":{"epoch":"first","offset":2}')
  t.equal(answers.remembered, 1)
  t.not(third?.tag, first?.tag)
  t.match(third?.head, '"total":1')
})

t.test('what no longer matches is gone from a remembered answer', async t => {
  const view = emptyView()
  const answers = new ScanAnswers(view)
  const scan = answers.prepare(parseScan({ confidence_min: 0.5 }))
  const [weaker, over] = [
    patternOf({ symbol: 'WEAKER', confidence: 0.6 }),
    patternOf({ symbol: 'OVER', confidence: 0.6 })
  ]
  view.apply('daily', [entryOf(1, detected(weaker)), entryOf(2, detected(over))])
  const totals = [answers.answer(scan, NOW)]

  view.apply('daily', [entryOf(3, detected({ ...weaker, confidence: 0.4, updated_at: 1 }))])
  totals.push(answers.answer(scan, NOW))
  view.apply('daily', [entryOf(4, expired(over))])
  totals.push(answers.answer(scan, NOW))

  t.match(totals, [{ head: '"total":2' }, { head: '"total":1' }, { head: '"total":0' }])
})

t.test('after too many changes, or another table of sectors, an answer is found again', async t => {
  const view = emptyView()
  const answers = new ScanAnswers(view)
  const scan = answers.prepare(parseScan({ symbols: ['AAPL'] }))
  view.apply('daily', [entryOf(1, detected(patternOf()))])
  answers.answer(scan, NOW)

  for (let n = 2; n < 70; n++) view.apply('daily', [entryOf(n, detected(patternOf({ symbol: `S${n}` })))])
  answers.answer(scan, NOW)
  view.setSectors(new Map([['AAPL', 'tech']]))
  answers.answer(scan, NOW)
  view.setSectors(new Map([['AAPL', 'tech']]))
  answers.answer(scan, NOW)

  t.same([answers.answered, answers.remembered], [4, 1])
})

t.test('an answer is found again when the walk that its cursor continues is over', async t => {
  const view = emptyView()
  const answers = new ScanAnswers(view)
  const query = parseScan({ per_page: 1 })
  const patterns = [patternOf(), patternOf({ symbol: 'MSFT' })]
  view.apply(
    'daily',
    patterns.map((pattern, at) => entryOf(at + 1, detected(pattern)))
  )
  const next = () => {
    const cursor: string = JSON.parse(`${answers.answer(answers.prepare(query), NOW)?.head}}`).next_cursor
    return answers.answer(new PreparedScan(parseScan({ per_page: 1, cursor })), NOW)
  }
  t.match(next()?.head, '"page":2')

  view.reset('daily', patterns, { epoch: 'first', offset: 3 })
  t.match(next()?.head, '"page":2')

  view.reset('daily', patterns, { epoch: 'second', offset: 0 })
  t.match(next()?.head, '"page":2')
})

t.test('rows of a dashboard age: their answer lives a second', async t => {
  const view = emptyView()
  view.apply('daily', [entryOf(1, detected(patternOf({ detected_at: NOW - 5_000 })))])
  const answers = new ScanAnswers(view)
  const scan = answers.prepare(parseScan({ view: 'display' }))

  const first = answers.answer(scan, NOW)
  t.same(answers.answer(scan, NOW + 999), first)
  const later = answers.answer(scan, NOW + 1_000)

  t.match(first?.head, '"time":"5s"')
  t.match(later?.head, '"time":"6s"')
  t.not(first?.tag, later?.tag)
})

t.test('nobody keeps the positions of a dashboard without rows for long either', async t => {
  const answers = new ScanAnswers(emptyView())
  const scan = answers.prepare(parseScan({ view: 'display' }))
  t.not(answers.answer(scan, NOW)?.tag, answers.answer(scan, NOW + 30_000)?.tag)
})

t.test('what is asked for again is kept, what was not is forgotten', async t => {
  const answers = new ScanAnswers(emptyView())
  const first = answers.prepare(QUERY)
  for (let page = 2; page <= 900; page++) answers.prepare({ ...QUERY, page })
  t.equal(answers.prepare(QUERY), first)
  for (let page = 2; page <= 1_500; page++) answers.prepare({ ...QUERY, page })
  t.equal(answers.prepare(QUERY), first)
  for (let page = 2; page <= 4_500; page++) answers.prepare({ ...QUERY, page })
  t.not(answers.prepare(QUERY), first)
})
