import { randomUUID } from 'node:crypto'
import { WATCHLIST_LIMITS } from '@tickstock/contracts'
import { startPostgres, type Teardown } from '@tickstock/test-kit'
import t from 'tap'
import { PostgresWatchlists } from '../../src/stores/postgres-watchlists.ts'
import { openDatabase } from '../fixtures/open-database.ts'
import { storedUniverse } from '../fixtures/stored-universe.ts'
import { asRole, CROWD, listedDatabase } from '../fixtures/universe-database.ts'

const server = await startPostgres(t)

async function watchlistsOf(t: Teardown) {
  const urls = await listedDatabase(t, server)
  const database = openDatabase(t, urls)
  return { watchlists: new PostgresWatchlists(database), stored: storedUniverse(database), urls }
}
const tech = { name: 'Tech', symbols: ['AAPL', 'MSFT'] }
const refused = (code: string) => ({ name: 'ProblemError', code })

t.test('what was written is read, in the order of the symbols and by name', async t => {
  const { watchlists, stored } = await watchlistsOf(t)
  const before = Date.now()

  const created = (await watchlists.create('alice', { name: 'tech', symbols: ['MSFT', 'AAPL'] })).item
  await watchlists.create('alice', { name: 'Banks', symbols: [] })

  t.match(created, { id: /^[0-9a-f-]{36}$/, name: 'tech', symbols: ['MSFT', 'AAPL'], version: 1 })
  t.ok(Math.abs(created.created_at - before) < 60_000)
  t.strictSame(await stored.watchlist({ user: 'alice', id: created.id }), created)
  t.strictSame(
    (await stored.watchlists('alice')).map(({ name }) => name),
    ['Banks', 'tech']
  )
})

t.test('a change leaves what it does not name, and counts', async t => {
  const { watchlists } = await watchlistsOf(t)
  const { id, created_at } = (await watchlists.create('alice', tech)).item
  const key = { user: 'alice', id }

  t.match(await watchlists.change(key, { name: 'Technology' }, undefined), {
    name: 'Technology',
    symbols: tech.symbols,
    version: 2
  })
  t.match(await watchlists.change(key, { symbols: [] }, 2), { name: 'Technology', symbols: [], version: 3 })
  t.match(await watchlists.change(key, { name: 'X', symbols: ['T'] }, undefined), {
    name: 'X',
    symbols: ['T'],
    version: 4,
    created_at
  })
})

t.test('of many changes made at once for one version, exactly one is taken', async t => {
  const { watchlists, stored } = await watchlistsOf(t)
  const { id } = (await watchlists.create('alice', tech)).item
  const key = { user: 'alice', id }

  const outcomes = await Promise.allSettled(
    Array.from({ length: 20 }, (_, n) => watchlists.change(key, { symbols: [`S${n}`] }, 1))
  )

  const taken = outcomes.filter(({ status }) => status === 'fulfilled')
  t.equal(taken.length, 1)
  for (const outcome of outcomes)
    if (outcome.status === 'rejected') t.match(outcome.reason, refused('version_mismatch'))
  t.match(await stored.watchlist(key), { version: 2 })
})

t.test('changes without a version are all taken, none is lost', async t => {
  const { watchlists, stored } = await watchlistsOf(t)
  const { id } = (await watchlists.create('alice', tech)).item
  const key = { user: 'alice', id }

  await Promise.all(Array.from({ length: 20 }, (_, n) => watchlists.change(key, { symbols: [`S${n}`] }, undefined)))

  t.match(await stored.watchlist(key), { version: 21, name: 'Tech' })
})

t.test('edits made at once are all in, whatever they add and take out', async t => {
  const { watchlists, stored } = await watchlistsOf(t)
  const { id } = (await watchlists.create('alice', { name: 'Tech', symbols: ['AAPL', ...CROWD.slice(0, 20)] })).item
  const key = { user: 'alice', id }

  await Promise.all(
    Array.from({ length: 20 }, (_, n) => watchlists.change(key, { add: [`S${100 + n}`], remove: [`S${n}`] }, undefined))
  )

  const after = await stored.watchlist(key)
  t.equal(after?.version, 21)
  t.equal(after?.symbols[0], 'AAPL')
  t.strictSame(new Set(after?.symbols), new Set(['AAPL', ...CROWD.slice(100, 120)]))
})

t.test('what nobody lists is not written, and named by its place', async t => {
  const { watchlists, stored } = await watchlistsOf(t)
  const { id } = (await watchlists.create('alice', tech)).item
  const key = { user: 'alice', id }
  const unlisted = (...errors: string[]) => ({
    ...refused('invalid_request'),
    errors: errors.map(field => ({ field, expected: /a listed symbol, which \S+ is not/ }))
  })

  await t.rejects(
    watchlists.create('alice', { name: 'x', symbols: ['NO', 'AAPL', 'NEITHER'] }),
    unlisted('body.symbols.0', 'body.symbols.2')
  )
  await t.rejects(watchlists.change(key, { symbols: ['AAPL', 'NO'] }, undefined), unlisted('body.symbols.1'))
  await t.rejects(watchlists.change(key, { add: ['T', 'NO'] }, undefined), unlisted('body.add.1'))
  t.match(await stored.watchlists('alice'), [{ ...tech, version: 1 }])
  const crowd = Array.from({ length: 1_000 }, (_, n) => `NO${n}`)
  await t.rejects(
    watchlists.change(key, { symbols: crowd }, undefined),
    unlisted(...crowd.slice(0, 20).map((_, at) => `body.symbols.${at}`))
  )
})

t.test('what was delisted since may stay, and be moved or taken out', async t => {
  const { watchlists, urls } = await watchlistsOf(t)
  const { id } = (await watchlists.create('alice', tech)).item
  const key = { user: 'alice', id }
  await asRole(urls.DATABASE_OWNER_URL, client => client.query("DELETE FROM symbols WHERE symbol = 'AAPL'"))

  t.match(await watchlists.change(key, { symbols: ['MSFT', 'AAPL', 'T'] }, undefined), {
    symbols: ['MSFT', 'AAPL', 'T']
  })
  t.match(await watchlists.change(key, { move: { symbol: 'AAPL', before: 'MSFT' } }, undefined), {
    symbols: ['AAPL', 'MSFT', 'T']
  })
  t.match(await watchlists.change(key, { remove: ['AAPL'] }, undefined), { symbols: ['MSFT', 'T'] })
  await t.rejects(watchlists.change(key, { add: ['AAPL'] }, undefined), refused('invalid_request'))
})

t.test('a version that is not the current one is refused, even one that no integer holds', async t => {
  const { watchlists, stored } = await watchlistsOf(t)
  const { id } = (await watchlists.create('alice', tech)).item
  const key = { user: 'alice', id }

  for (const version of [2, 9_999_999_999]) {
    await t.rejects(watchlists.change(key, { name: 'x' }, version), refused('version_mismatch'))
    await t.rejects(watchlists.delete(key, version), refused('version_mismatch'))
  }
  await watchlists.delete(key, 1)
  t.equal(await stored.watchlist(key), undefined)
})

t.test('a name is taken once a user, whatever its case, blanks or spelling of accents', async t => {
  const { watchlists } = await watchlistsOf(t)
  await watchlists.create('alice', { name: 'Caf\u00e9', symbols: [] })
  const other = (await watchlists.create('alice', tech)).item

  for (const name of ['Caf\u00e9', 'CAF\u00c9', ' caf\u00e9  ', 'cafe\u0301']) {
    await t.rejects(watchlists.create('alice', { name, symbols: [] }), refused('name_taken'), name)
    await t.rejects(
      watchlists.change({ user: 'alice', id: other.id }, { name }, undefined),
      refused('name_taken'),
      name
    )
  }
  await t.resolves(watchlists.create('bob', { name: 'Caf\u00e9', symbols: [] }))
  await t.resolves(watchlists.change({ user: 'alice', id: other.id }, { name: 'TECH' }, undefined))
})

t.test('the same name created many times at once is created once', async t => {
  const { watchlists } = await watchlistsOf(t)

  const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => watchlists.create('alice', tech)))

  t.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
  for (const outcome of outcomes) if (outcome.status === 'rejected') t.match(outcome.reason, refused('name_taken'))
})

t.test('the limit of a user holds however many are created at once, and leaves others alone', async t => {
  const { watchlists, stored } = await watchlistsOf(t)
  const create = (n: number) => watchlists.create('alice', { name: `list ${n}`, symbols: [] })
  for (let n = 0; n < WATCHLIST_LIMITS.perUser - 2; n += 1) await create(n)

  const outcomes = await Promise.allSettled(Array.from({ length: 8 }, (_, n) => create(1_000 + n)))

  t.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 2)
  for (const outcome of outcomes) if (outcome.status === 'rejected') t.match(outcome.reason, refused('limit_reached'))
  t.equal((await stored.watchlists('alice')).length, WATCHLIST_LIMITS.perUser)
  await t.resolves(watchlists.create('bob', tech))
})

t.test('another user’s watchlist is not there: not to be read, changed or deleted', async t => {
  const { watchlists, stored } = await watchlistsOf(t)
  const { id } = (await watchlists.create('alice', tech)).item

  for (const user of ['bob', 'Alice', "alice' OR '1'='1", '%', '*']) {
    const key = { user, id }
    t.equal(await stored.watchlist(key), undefined)
    await t.rejects(watchlists.change(key, { name: 'mine' }, undefined), refused('watchlist_not_found'))
    await t.rejects(watchlists.change(key, { name: 'mine' }, 1), refused('watchlist_not_found'))
    await t.rejects(watchlists.delete(key, undefined), refused('watchlist_not_found'))
    t.strictSame(await stored.watchlists(user), [])
  }
  t.match(await stored.watchlist({ user: 'alice', id }), { ...tech, version: 1 })
  t.equal(await stored.watchlist({ user: 'alice', id: randomUUID() }), undefined)
})

t.test('a name is kept as it is given, whatever it looks like', async t => {
  const { watchlists } = await watchlistsOf(t)

  for (const name of ["Robert'); DROP TABLE user_watchlists;--", '$1', '\\', '{"a":1}', '🚀'.repeat(100)]) {
    t.equal((await watchlists.create('alice', { name, symbols: ['BRK.B', '^GSPC'] })).item.name, name)
  }
})
