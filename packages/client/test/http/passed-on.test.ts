import { PROBLEMS, type ProblemCode } from '@tickstock/contracts'
import t from 'tap'
import { passedOn } from '../../src/http/passed-on.ts'
import { RefusedError, RequestError } from '../../src/http/request-error.ts'

const refused = (code: ProblemCode, more = {}) =>
  new RefusedError(
    {
      ...PROBLEMS[code],
      type: `urn:tickstock:problem:${code}`,
      code,
      detail: 'not this one',
      request_id: 'r',
      ...more
    },
    undefined
  )

t.test('what was refused for good is passed on in the same words', async t => {
  const errors = [{ field: 'query.q', expected: 'a word' }]
  const refusal = refused('watchlist_not_found', { errors })

  t.match(passedOn(refusal), { code: 'watchlist_not_found', message: 'not this one', errors, cause: refusal })
  t.same(passedOn(refused('invalid_request'))?.errors, [])
})

t.test('what may be another soon, what nobody knows, and what is no refusal are not', async t => {
  t.equal(passedOn(refused('too_many_requests')), undefined)
  t.equal(passedOn(refused('forbidden', { code: 'constructor' })), undefined)
  t.equal(passedOn(new RequestError('no answer', { temporary: true })), undefined)
  t.equal(passedOn(new Error('broken')), undefined)
})
