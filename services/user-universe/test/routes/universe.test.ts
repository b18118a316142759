import { Value } from '@sinclair/typebox/value'
import { createFilter, createWatchlist, getUniverse, UniverseAnswer } from '@tickstock/contracts'
import { startPostgres } from '@tickstock/test-kit'
import t from 'tap'
import { startApp } from '../fixtures/start-app.ts'

const server = await startPostgres(t)
const { url } = getUniverse

t.test('one read has all that is the user’s, and nothing of another’s', async t => {
  const { as } = await startApp(t, server)
  const alice = as('alice')
  const watchlist = (await alice('POST', createWatchlist.url, { name: 'Tech', symbols: [] })).json()
  const filter = (await alice('POST', createFilter.url, { name: 'Strong', criteria: {}, is_default: true })).json()

  const whole = await alice('GET', url)
  const nothing = await as('bob')('GET', url)

  t.ok(Value.Check(UniverseAnswer, whole.json()))
  t.strictSame(whole.json(), { watchlists: [watchlist], filters: [filter], default_filter: filter.id })
  t.equal(whole.headers['cache-control'], 'private, no-store')
  t.strictSame(nothing.json(), { watchlists: [], filters: [], default_filter: null })
})

t.test('what is known is not sent again, until something of it changes', async t => {
  const { as } = await startApp(t, server)
  const alice = as('alice')
  const filter = String((await alice('POST', createFilter.url, { name: 'Strong', criteria: {} })).headers.location)
  const known = async (etag: string) => {
    const answer = await alice('GET', url, undefined, { 'if-none-match': etag })
    return { status: answer.statusCode, etag: String(answer.headers.etag), body: answer.body }
  }
  const { etag } = await known('"other"')

  for (const tag of [etag, `W/${etag}`, `"x", ${etag}`, '*'])
    t.strictSame(await known(tag), { status: 304, etag, body: '' })
  await alice('PATCH', filter, { name: 'Weak' })
  const changed = await known(etag)
  t.equal(changed.status, 200)
  t.not(changed.etag, etag)
  await alice('DELETE', filter)
  t.equal((await known(changed.etag)).status, 200)
})
