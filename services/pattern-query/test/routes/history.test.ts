import { ProblemError } from '@tickstock/contracts'
import t from 'tap'
import { detected, patternOf } from '../events.ts'
import { appWith } from './app-with.ts'

const doji = patternOf({ symbol: '^GSPC', extra: { note: 'kept' } })
const url = `/api/patterns/${encodeURIComponent(doji.id)}/history`

t.test('the history of a live pattern, as the log has it', async t => {
  const events = [{ position: { epoch: 'e', offset: 1 }, appended_at: 5, event: detected(doji) }]
  const { get } = appWith(t, { patterns: [doji], historyOf: async id => ({ id, events, complete: true }) })

  const reply = await get(url)

  t.equal(reply.statusCode, 200)
  t.equal(reply.headers['cache-control'], 'no-store')
  t.same(reply.json(), { id: doji.id, events, complete: true })
})

t.test('a pattern that is not live has none, and Redis is not asked', async t => {
  let asked = 0
  const historyOf = async (id: string) => ({ id, events: [], complete: Boolean(++asked) })
  const { get } = appWith(t, { historyOf })

  t.match((await get(url)).json(), { status: 404, code: 'pattern_not_found' })
  t.equal(asked, 0)
})

t.test('not before the view is built, and not while the log cannot be read', async t => {
  t.match((await appWith(t, { built: false }).get(url)).json(), { status: 503, code: 'not_ready' })
  const historyOf = async () => {
    throw new ProblemError('log_unavailable', 'The log cannot be read now')
  }
  t.match((await appWith(t, { patterns: [doji], historyOf }).get(url)).json(), { status: 503, code: 'log_unavailable' })
})
