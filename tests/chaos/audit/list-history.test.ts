import t from 'tap'
import { ListHistory } from './list-history.ts'

const begun = () =>
  new ListHistory(
    { id: 'w', kind: 'watchlist', user: 'ann' },
    { number: 1, criteria: { symbols: ['A'] }, askedAt: 0, answeredAt: 10 }
  )

t.test('an edit becomes a version when it is answered', async t => {
  const history = begun()

  history.asks({ symbols: ['B'] }, 20)
  history.answers(2, { symbols: ['B'] }, 30)

  t.same(history.newest, { number: 2, criteria: { symbols: ['B'] }, askedAt: 20, answeredAt: 30 })
  t.same(history.findings, [])
})

t.test('an edit whose answer was lost becomes a version when the list is read', async t => {
  const history = begun()

  history.asks({ symbols: ['B'] }, 20)
  history.answers(1, { symbols: ['A'] }, 30)
  t.equal(history.newest.number, 1)

  history.answers(2, { symbols: ['B'] }, 40)
  t.equal(history.newest.askedAt, 20)
  t.same(history.findings, [])
})

for (const [what, number, symbols] of [
  ['an edit that was acknowledged and is gone', 1, ['A']],
  ['an edit that was made twice', 3, ['B']],
  ['another content of a version that is known', 2, ['C']],
  ['a version that was not asked for', 3, ['X']]
] as const) {
  t.test(`finds ${what}`, async t => {
    const history = begun()
    history.asks({ symbols: ['B'] }, 20)
    history.answers(2, { symbols: ['B'] }, 30)

    history.answers(number, { symbols: [...symbols] }, 50)

    t.same(
      history.findings.map(({ kind }) => kind),
      ['lost_edit']
    )
  })
}

t.test('forgets versions that a newer one has replaced before a time', async t => {
  const history = begun()
  for (const number of [2, 3]) {
    history.asks({ symbols: [`S${number}`] }, number * 100)
    history.answers(number, { symbols: [`S${number}`] }, number * 100 + 50)
  }

  history.forget(300)

  t.same(
    history.versions.map(({ number }) => number),
    [2, 3]
  )
})
