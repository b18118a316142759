import { listWatchlists, type ScanSelection } from '@tickstock/contracts'
import { createServer, identity } from '@tickstock/service-kit'
import { tokenFor } from '@tickstock/test-kit'
import t, { type Test } from 'tap'
import { type Asker, NO_UNIVERSE, type UniverseLink } from '../../src/domain/universe.ts'
import { ownSelection } from '../../src/routes/own-selection.ts'
import { silent } from '../events.ts'

const SECRET = 'a secret of thirty-two characters'

const tokenOf = (user: string, claims = {}) => tokenFor(user, SECRET, { claims })

/** A route that answers with what the ids of its query stand for. */
function given(t: Test, AUTH_MODE: 'token' | 'development', link?: UniverseLink) {
  const askers: Asker[] = []
  const universe: UniverseLink = link ?? {
    ...NO_UNIVERSE,
    own: {
      watchlist: async asker => {
        askers.push(asker)
        return ['AAPL']
      },
      filter: async () => ({})
    }
  }
  const app = createServer({ logger: silent })
  app.register(identity, { config: { AUTH_MODE, AUTH_SECRET: SECRET }, optional: true })
  const selection: ScanSelection = { watchlist: 'a1' }
  app.register(async app => {
    app.get(listWatchlists.url, request => ownSelection(universe, request, selection))
  })
  t.teardown(() => app.close())
  return { askers, get: (headers = {}) => app.inject({ url: listWatchlists.url, headers }) }
}

t.test('whoever asks is named, with his token where he has one', async t => {
  const { get, askers } = given(t, 'development')
  const authorization = `Bearer ${await tokenOf('ann')}`

  t.same((await get({ 'x-user-id': 'bob' })).json(), { watchlist: ['AAPL'] })
  t.same((await get({ authorization })).json(), { watchlist: ['AAPL'] })
  t.same(askers, [
    { user: 'bob', authorization: undefined },
    { user: 'ann', authorization }
  ])
})

t.test('who is nobody, or has a token that does not reach so far, is refused before anything is looked up', async t => {
  const { get, askers } = given(t, 'development')
  t.match((await get()).json(), { status: 401, code: 'unauthenticated' })
  t.match((await get({ 'x-user-id': 'anonymous' })).json(), { status: 401 })

  const authorization = async (scope: string) => ({
    authorization: `Bearer ${await tokenOf('ann', { scope })}`
  })
  t.match((await get(await authorization('patterns:read'))).json(), { status: 403, code: 'forbidden' })
  t.same(askers, [])
  t.equal((await get(await authorization('patterns:read universe:read'))).statusCode, 200)
})

t.test('in token mode a name alone is nobody', async t => {
  t.equal((await given(t, 'token').get({ 'x-user-id': 'bob' })).statusCode, 401)
})

t.test('where there is nobody to ask, it says so', async t => {
  const { get } = given(t, 'development', NO_UNIVERSE)
  t.match((await get({ 'x-user-id': 'bob' })).json(), { status: 503, code: 'universe_unavailable' })
})
