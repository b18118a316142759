import { startPostgres } from '@tickstock/test-kit'
import { sql } from 'kysely'
import t from 'tap'
import { WriteTurns } from '../../src/stores/write-turns.ts'
import { openDatabase } from '../fixtures/open-database.ts'
import { universeDatabase } from '../fixtures/universe-database.ts'

const server = await startPostgres(t)
const MINUTE = 60_000
const tooMany = { name: 'ProblemError', code: 'too_many_requests' }

t.test('writes of one user go one at a time, as they came; another user’s do not wait for them', async t => {
  const turns = new WriteTurns({ most: 5, within: MINUTE })
  const seen: string[] = []
  const gate = Promise.withResolvers<void>()
  const held = turns.take('bob', () => gate.promise)
  const waiting = ['first', 'second', 'third'].map(name =>
    turns.take('bob', async () => {
      seen.push(`${name} begins`)
      await new Promise(setImmediate)
      seen.push(`${name} ends`)
    })
  )

  t.equal(await turns.take('alice', async () => 'done'), 'done')
  t.strictSame(seen, [])
  gate.resolve()
  await Promise.all([held, ...waiting])

  t.strictSame(seen, ['first begins', 'first ends', 'second begins', 'second ends', 'third begins', 'third ends'])
})

t.test('so many wait and no more, and there is room again when they are done', async t => {
  const turns = new WriteTurns({ most: 2, within: MINUTE })
  const gate = Promise.withResolvers<void>()
  const writes = [1, 2, 3].map(() => turns.take('bob', () => gate.promise))

  await t.rejects(
    turns.take('bob', async () => t.fail('it must not begin')),
    tooMany
  )
  gate.resolve()
  await Promise.all(writes)

  t.equal(await turns.take('bob', async () => 'done'), 'done')
})

t.test('a write that fails passes the turn on', async t => {
  const turns = new WriteTurns({ most: 2, within: MINUTE })
  const gate = Promise.withResolvers<never>()
  const failing = turns.take('bob', () => gate.promise)
  const next = turns.take('bob', async () => 'done')

  gate.reject(new Error('broken'))

  await t.rejects(failing, { message: 'broken' })
  t.equal(await next, 'done')
})

t.test('what has waited for too long never begins, and leaves its place', async t => {
  const turns = new WriteTurns({ most: 1, within: 1 })
  const gate = Promise.withResolvers<void>()
  const held = turns.take('bob', () => gate.promise)
  const late = () => turns.take('bob', async () => t.fail('it must not begin'))

  await t.rejects(late(), { code: 'database_unavailable' })
  await t.rejects(late(), { code: 'database_unavailable' }, 'not too_many_requests: the place is free')

  gate.resolve()
  await held
  t.equal(await turns.take('bob', async () => 'done'), 'done')
})

t.test('whatever one user has waiting, the connections are there for others', async t => {
  const database = openDatabase(t, await universeDatabase(t, server), 2)
  const [begun, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const held = database.writeAs('bob', () => {
    begun.resolve()
    return gate.promise
  })
  await begun.promise
  const results = Promise.allSettled(
    Array.from({ length: 24 }, () => database.writeAs('bob', transaction => sql`SELECT 1`.execute(transaction)))
  )

  const alice = await database.writeAs('alice', async () => 'written')
  gate.resolve()
  await held

  t.equal(alice, 'written')
  const refused = (await results).filter(({ status }) => status === 'rejected')
  t.equal(refused.length, 4, '20 wait')
  t.match(
    refused,
    [1, 2, 3, 4].map(() => ({ reason: tooMany }))
  )
})
