import { startPostgres, type Teardown } from '@tickstock/test-kit'
import t from 'tap'
import { PostgresSavedFilters } from '../../src/stores/postgres-saved-filters.ts'
import { PostgresWatchlists } from '../../src/stores/postgres-watchlists.ts'
import { openDatabase } from '../fixtures/open-database.ts'
import { storedUniverse } from '../fixtures/stored-universe.ts'
import { asRole, listedDatabase } from '../fixtures/universe-database.ts'

const server = await startPostgres(t)

async function storesOf(t: Teardown) {
  const urls = await listedDatabase(t, server)
  const database = openDatabase(t, urls)
  return {
    urls,
    watchlists: new PostgresWatchlists(database),
    filters: new PostgresSavedFilters(database),
    stored: storedUniverse(database)
  }
}

const tech = { name: 'Tech', symbols: ['AAPL', 'MSFT'] }
const reused = { name: 'ProblemError', code: 'idempotency_key_reused' }

t.test('a creation repeated under its key gets the first answer, whatever became of the item', async t => {
  const { watchlists, filters, stored } = await storesOf(t)
  const first = await watchlists.create('alice', tech, 'key-1')
  await watchlists.change({ user: 'alice', id: first.item.id }, { name: 'Chips' }, undefined)

  const again = await watchlists.create('alice', tech, 'key-1')
  await watchlists.delete({ user: 'alice', id: first.item.id }, undefined)
  const late = await watchlists.create('alice', tech, 'key-1')

  t.equal(first.replayed, false)
  t.strictSame(again, { item: first.item, replayed: true })
  t.strictSame(late, again)
  t.strictSame(await stored.watchlists('alice'), [])

  const strong = { name: 'Strong', criteria: { rs_min: 1, vol_min: 2 } }
  const saved = await filters.create('alice', strong, 'key-2')
  const reordered = { name: 'Strong', criteria: { vol_min: 2, rs_min: 1 }, is_default: false }
  t.strictSame(await filters.create('alice', reordered, 'key-2'), { item: saved.item, replayed: true })
})

t.test('a key stands for one creation: for another it is refused', async t => {
  const { watchlists, filters, stored } = await storesOf(t)
  await watchlists.create('alice', tech, 'key')

  await t.rejects(watchlists.create('alice', { ...tech, name: 'Other' }, 'key'), reused)
  await t.rejects(watchlists.create('alice', { ...tech, symbols: ['MSFT', 'AAPL'] }, 'key'), reused)
  await t.rejects(filters.create('alice', { name: 'Tech', criteria: {} }, 'key'), reused)
  t.equal((await stored.watchlists('alice')).length, 1)
})

t.test('a key is its user’s alone', async t => {
  const { watchlists } = await storesOf(t)
  const { item } = await watchlists.create('alice', tech, 'key')

  const other = await watchlists.create('bob', tech, 'key')

  t.equal(other.replayed, false)
  t.not(other.item.id, item.id)
})

t.test('of many at once under one key one creates, and all get its answer', async t => {
  const { watchlists, stored } = await storesOf(t)

  const answers = await Promise.all(Array.from({ length: 10 }, () => watchlists.create('alice', tech, 'key')))

  t.equal(answers.filter(({ replayed }) => !replayed).length, 1)
  t.equal(new Set(answers.map(({ item }) => item.id)).size, 1)
  t.equal((await stored.watchlists('alice')).length, 1)
})

t.test('a creation that was refused leaves its key free', async t => {
  const { watchlists } = await storesOf(t)
  await t.rejects(watchlists.create('alice', { name: 'x', symbols: ['NO'] }, 'key'), { code: 'invalid_request' })

  t.equal((await watchlists.create('alice', tech, 'key')).replayed, false)
})

t.test('a key that is a day old is free again', async t => {
  const { watchlists, urls } = await storesOf(t)
  await watchlists.create('alice', tech, 'key')
  await asRole(urls.superuser, client =>
    client.query("UPDATE idempotency_keys SET created_at = created_at - interval '25 hours'")
  )

  const other = await watchlists.create('alice', { ...tech, name: 'Other' }, 'key')

  t.equal(other.replayed, false)
  t.equal((await watchlists.create('alice', { ...tech, name: 'Other' }, 'key')).replayed, true)
})
