import t from 'tap'
import { parseScan } from '../../src/domain/query.ts'
import { ScanAnswers } from '../../src/domain/scan-answers.ts'
import { PatternView } from '../../src/domain/view/pattern-view.ts'

const BEGIN = { epoch: 'first', offset: 0 }

const NOW = 1_700_000_000_000
const QUERY = parseScan({})

const emptyView = () => {
  const view = new PatternView({ maxLivePatterns: 10 })
  for (const channel of ['daily', 'intraday', 'combo'] as const) view.reset(channel, [], BEGIN)
  return view
}

t.test('there is no answer before the view is built', async t => {
  const answers = new ScanAnswers(new PatternView({ maxLivePatterns: 10 }))
  t.equal(answers.answer(answers.prepare(QUERY), NOW), undefined)
})

t.test('an answer is made once, for half a minute', async t => {
  const answers = new ScanAnswers(emptyView())

  const first = answers.answer(answers.prepare(QUERY), NOW)
  t.equal(answers.answer(answers.prepare(parseScan({ page: 1, per_page: 30 })), NOW + 29_999), first)
  t.equal(answers.remembered, 1)
  t.not(answers.answer(answers.prepare(QUERY), NOW + 30_000), first)
  t.same([answers.answered, answers.remembered], [3, 1])
})

t.test('no more answers are kept than there is room for', async t => {
  const answers = new ScanAnswers(emptyView())
  for (let page = 1; page <= 1001; page++) answers.answer(answers.prepare({ ...QUERY, page }), NOW)

  answers.answer(answers.prepare({ ...QUERY, page: 1001 }), NOW)
  t.equal(answers.remembered, 1)
  answers.answer(answers.prepare({ ...QUERY, page: 1 }), NOW)
  t.equal(answers.remembered, 1, 'the oldest went')
})
