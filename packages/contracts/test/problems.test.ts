import t from 'tap'
import { PROBLEMS, ProblemError, raise } from '../src/index.ts'

t.test('each problem has a status of refusal, a title of its own and an action', async t => {
  const kinds = Object.entries(PROBLEMS)

  for (const [code, { status, title, action, temporary }] of kinds) {
    t.match(code, /^[a-z]+(_[a-z]+)*$/)
    t.ok(status >= 400 && status < 600, code)
    t.ok(title.length > 0 && action.length > 0, code)
    t.equal(
      temporary,
      [408, 429].includes(status) || status >= 500,
      `${code}: what may succeed later is said to be temporary`
    )
  }
  t.equal(new Set(kinds.map(([, { title }]) => title)).size, kinds.length)
})

t.test('a raised problem carries its code, its fields and its cause', async t => {
  const cause = new Error('ECONNREFUSED')
  const errors = [{ field: 'query.page', expected: 'at least 1' }]

  t.throws(() => raise('invalid_request', 'page 0', errors), { code: 'invalid_request', message: 'page 0', errors })
  t.throws(() => raise('not_ready', 'starting'), { name: 'ProblemError', code: 'not_ready', errors: [] })
  t.equal(new ProblemError('log_unavailable', 'no answer', { cause }).cause, cause)
})
