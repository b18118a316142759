import t from 'tap'
import { parseScan } from '../../src/domain/query.ts'
import { ScanAnswers } from '../../src/domain/scan-answers.ts'
import { PatternView } from '../../src/domain/view/pattern-view.ts'

const BEGIN = { epoch: 'first', offset: 0 }

t.test('there is no answer before the view is built', async t => {
  const view = new PatternView({ maxLivePatterns: 10 })
  const answers = new ScanAnswers(view)
  t.equal(
    answers.answer('', () => parseScan({})),
    undefined
  )
})

t.test('an answer is made once, until the view changes', async t => {
  const view = new PatternView({ maxLivePatterns: 10 })
  for (const channel of ['daily', 'intraday', 'combo'] as const) view.reset(channel, [], BEGIN)
  const answers = new ScanAnswers(view)
  let parsed = 0
  const ask = (text: string) =>
    answers.answer(text, () => {
      parsed++
      return parseScan({})
    })

  const first = ask('')
  t.equal(ask(''), first)
  t.equal(parsed, 1)
  t.equal(ask('page=1')?.tag, first?.tag, 'the same scan, however written, has the same tag')

  view.reset('daily', [], { epoch: 'second', offset: 0 })
  t.not(ask('')?.tag, first?.tag)
  t.equal(parsed, 3)
})

t.test('no more answers are kept than there is room for', async t => {
  const view = new PatternView({ maxLivePatterns: 10 })
  for (const channel of ['daily', 'intraday', 'combo'] as const) view.reset(channel, [], BEGIN)
  const answers = new ScanAnswers(view)
  let parsed = 0
  const ask = (text: string) =>
    answers.answer(text, () => {
      parsed++
      return parseScan({})
    })
  for (let index = 0; index < 2000; index++) ask(`page=${index}`)

  ask('page=0')
  t.equal(parsed, 2000, 'the first are kept')
  ask('page=1999')
  t.equal(parsed, 2001)
})
