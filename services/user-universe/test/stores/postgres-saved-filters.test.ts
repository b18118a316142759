import { randomUUID } from 'node:crypto'
import { SAVED_FILTER_LIMITS } from '@tickstock/contracts'
import { startPostgres, type Teardown } from '@tickstock/test-kit'
import t from 'tap'
import { PostgresSavedFilters } from '../../src/stores/postgres-saved-filters.ts'
import { PostgresWatchlists } from '../../src/stores/postgres-watchlists.ts'
import { openDatabase } from '../fixtures/open-database.ts'
import { storedUniverse } from '../fixtures/stored-universe.ts'
import { universeDatabase } from '../fixtures/universe-database.ts'

const server = await startPostgres(t)

async function universeOf(t: Teardown) {
  const database = openDatabase(t, await universeDatabase(t, server))
  return {
    filters: new PostgresSavedFilters(database),
    watchlists: new PostgresWatchlists(database),
    stored: storedUniverse(database)
  }
}
const strong = { name: 'Strong', criteria: { confidence_min: 0.8, pattern_types: ['Doji', 'Hammer'] } }
const refused = (code: string) => ({ name: 'ProblemError', code })

t.test('what was saved is read, by name', async t => {
  const { filters, stored } = await universeOf(t)

  const { item } = await filters.create('alice', strong)
  await filters.create('alice', { name: 'any', criteria: {} })

  t.match(item, { ...strong, is_default: false, version: 1, id: /^[0-9a-f-]{36}$/ })
  t.strictSame(await stored.filter({ user: 'alice', id: item.id }), item)
  t.strictSame(
    (await stored.filters('alice')).map(({ name }) => name),
    ['any', 'Strong']
  )
})

t.test('a change leaves what it does not name, and counts', async t => {
  const { filters } = await universeOf(t)
  const { id, criteria } = (await filters.create('alice', { ...strong, is_default: true })).item
  const key = { user: 'alice', id }

  t.match(await filters.change(key, { name: 'x' }, 1), { name: 'x', criteria, is_default: true, version: 2 })
  t.strictSame((await filters.change(key, { criteria: { rs_min: 1 } }, undefined)).criteria, { rs_min: 1 })
  t.match(await filters.change(key, { is_default: false }, 3), { name: 'x', is_default: false, version: 4 })
})

t.test('a change for another version is refused and shows the current one', async t => {
  const { filters, stored } = await universeOf(t)
  const { item } = await filters.create('alice', strong)
  const key = { user: 'alice', id: item.id }

  await t.rejects(filters.change(key, { name: 'x' }, 2), { ...refused('version_mismatch'), current: item })
  await t.rejects(filters.delete(key, 2), { ...refused('version_mismatch'), current: item })
  await filters.delete(key, 1)
  t.equal(await stored.filter(key), undefined)
})

t.test('of a user’s filters at most one is the default: making another takes it from the first, counted', async t => {
  const { filters, stored } = await universeOf(t)
  const first = (await filters.create('alice', { ...strong, is_default: true })).item
  const second = (await filters.create('alice', { name: 'Other', criteria: {}, is_default: true })).item
  await filters.create('bob', { ...strong, is_default: true })

  t.match(await stored.filter({ user: 'alice', id: first.id }), { is_default: false, version: 2 })
  t.match(await filters.change({ user: 'alice', id: first.id }, { is_default: true }, 2), { version: 3 })
  t.match(await stored.filter({ user: 'alice', id: second.id }), { is_default: false, version: 2 })
  t.match(await stored.filters('bob'), [{ is_default: true, version: 1 }])
})

t.test('however many are made the default at once, one is', async t => {
  const { filters, stored } = await universeOf(t)
  const all = await Promise.all([1, 2, 3, 4, 5].map(n => filters.create('alice', { name: `${n}`, criteria: {} })))

  await Promise.all(
    all.map(({ item }) => filters.change({ user: 'alice', id: item.id }, { is_default: true }, undefined))
  )

  const after = await stored.filters('alice')
  t.equal(after.filter(({ is_default }) => is_default).length, 1)
  t.equal(
    after.reduce((sum, { version }) => sum + version, 0),
    5 + 5 + 4
  )
})

t.test('a change that is refused takes the default from no one', async t => {
  const { filters, stored } = await universeOf(t)
  const first = (await filters.create('alice', { ...strong, is_default: true })).item
  const other = (await filters.create('alice', { name: 'Other', criteria: {} })).item

  await t.rejects(
    filters.change({ user: 'alice', id: other.id }, { is_default: true, name: 'STRONG' }, undefined),
    refused('name_taken')
  )

  t.strictSame(await stored.filter({ user: 'alice', id: first.id }), first)
})

t.test('a filter looks only in a watchlist of its user, which stays while one does', async t => {
  const { filters, watchlists } = await universeOf(t)
  const { id } = (await watchlists.create('alice', { name: 'Tech', symbols: [] })).item
  const within = { name: 'Within', criteria: { watchlist: id.toUpperCase() } }

  const { item } = await filters.create('alice', within)

  await t.rejects(filters.create('bob', within), {
    ...refused('invalid_request'),
    errors: [{ field: 'body.criteria.watchlist' }]
  })
  await t.rejects(
    filters.change({ user: 'alice', id: item.id }, { criteria: { watchlist: randomUUID() } }, undefined),
    { ...refused('invalid_request'), errors: [{ field: 'body.criteria.watchlist' }] }
  )
  await t.rejects(watchlists.delete({ user: 'alice', id }, undefined), {
    ...refused('watchlist_in_use'),
    current: { filters: [{ id: item.id, name: 'Within' }] }
  })
  await filters.delete({ user: 'alice', id: item.id }, undefined)
  await t.resolves(watchlists.delete({ user: 'alice', id }, undefined))
})

t.test('a watchlist that is deleted as a filter comes to look in it leaves no filter without one', async t => {
  const { filters, watchlists } = await universeOf(t)

  for (let round = 0; round < 10; round += 1) {
    const { id } = (await watchlists.create('alice', { name: `list ${round}`, symbols: [] })).item
    const [saved, deleted] = await Promise.allSettled([
      filters.create('alice', { name: `filter ${round}`, criteria: { watchlist: id } }),
      watchlists.delete({ user: 'alice', id }, undefined)
    ])
    t.not(saved.status, deleted.status)
  }
})

t.test('a name is taken once a user, and who takes it again is shown which has it', async t => {
  const { filters } = await universeOf(t)
  const { item } = await filters.create('alice', strong)
  await t.resolves(filters.create('bob', strong))

  await t.rejects(filters.create('alice', { name: ' STRONG ', criteria: {} }), {
    ...refused('name_taken'),
    current: item
  })
})

t.test('the limit of a user holds however many are created at once', async t => {
  const { filters } = await universeOf(t)
  const create = (n: number) => filters.create('alice', { name: `filter ${n}`, criteria: {} })
  for (let n = 0; n < SAVED_FILTER_LIMITS.perUser - 2; n += 1) await create(n)

  const outcomes = await Promise.allSettled(Array.from({ length: 8 }, (_, n) => create(1_000 + n)))

  t.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 2)
  for (const outcome of outcomes) if (outcome.status === 'rejected') t.match(outcome.reason, refused('limit_reached'))
})

t.test('another user’s filter is not there', async t => {
  const { filters, stored } = await universeOf(t)
  const { id } = (await filters.create('alice', strong)).item

  for (const user of ['bob', 'Alice', "alice' OR '1'='1", '%']) {
    t.equal(await stored.filter({ user, id }), undefined)
    await t.rejects(filters.change({ user, id }, { name: 'mine' }, undefined), refused('filter_not_found'))
    await t.rejects(filters.delete({ user, id }, undefined), refused('filter_not_found'))
    t.strictSame(await stored.filters(user), [])
  }
})
