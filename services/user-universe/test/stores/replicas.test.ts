import { createLogger } from '@tickstock/service-kit'
import { startPostgres, type Teardown, until } from '@tickstock/test-kit'
import { sql } from 'kysely'
import t from 'tap'
import { Database } from '../../src/stores/database.ts'
import { PostgresWatchlists } from '../../src/stores/postgres-watchlists.ts'
import type { ReadPlace } from '../../src/stores/replicas.ts'
import { selectUniverse } from '../../src/stores/select-universe.ts'
import { startReplica } from '../fixtures/start-replica.ts'
import { asRole, universeDatabase } from '../fixtures/universe-database.ts'

/** Removed with its server. */
const kept: Teardown = { teardown: () => undefined }

async function replicated(t: Teardown) {
  const first = await startPostgres(t)
  const urls = await universeDatabase(kept, first)
  const { replica } = await startReplica(t, first)
  const copy = new URL(urls.DATABASE_READ_URL)
  copy.port = `${replica.port}`

  const places: ReadPlace[] = []
  const ends: (string | undefined)[] = []
  const database = new Database(
    { ...urls, DATABASE_REPLICA_URLS: copy.href, DATABASE_POOL_SIZE: 2 },
    createLogger({ service: 'test', level: 'silent' }),
    {
      readFrom: place => places.push(place),
      witness: {
        around: async (_user, write) => {
          const { result, lsn } = await write(async () => undefined)
          ends.push(lsn)
          return result
        }
      }
    }
  )
  t.teardown(() => database.close())
  const read = (since: string | undefined) =>
    database.readSince(since, 'alice', transaction => selectUniverse(transaction, 'alice'))
  const onReplica = (statement: string) => {
    const url = new URL(urls.superuser)
    url.port = `${replica.port}`
    return asRole(url.href, client => client.query(statement))
  }
  return { database, watchlists: new PostgresWatchlists(database), places, ends, read, replica, onReplica }
}

t.test('a replica answers once it has what its reader wrote; until then the primary does', async t => {
  const { watchlists, places, ends, read, onReplica } = await replicated(t)

  await onReplica('SELECT pg_wal_replay_pause()')
  const { item } = await watchlists.create('alice', { name: 'Tech', symbols: [] })
  const lsn = ends.at(-1)
  t.match(lsn, /^[0-9A-F]+\/[0-9A-F]+$/)
  const lagging = await read(lsn)
  t.strictSame(lagging.value.watchlists, [item])
  t.strictSame(places, ['lagging', 'primary'])

  await onReplica('SELECT pg_wal_replay_resume()')
  await until(async () => {
    const { value } = await read(lsn)
    t.strictSame(value.watchlists, [item])
    return places.at(-1) === 'replica'
  })
})

t.test('where nobody knows what the reader wrote, the primary answers, and says where it stands', async t => {
  const { watchlists, places, read } = await replicated(t)
  const { item } = await watchlists.create('alice', { name: 'Tech', symbols: [] })

  const { value, lsn } = await read(undefined)

  t.strictSame(value.watchlists, [item])
  t.strictSame(places, ['primary'])
  t.match(await until(async () => (await read(lsn)) && places.at(-1) === 'replica'), true)
})

t.test('what is everybody’s is read from the replica, and from the primary while that is away', async t => {
  const { database, places, replica } = await replicated(t)
  const count = () => database.read(reader => sql`SELECT count(*) FROM symbols`.execute(reader))

  await count()
  t.strictSame(places, ['replica'])
  replica.kill('SIGKILL')
  await replica.exited
  await count()
  await count()

  t.strictSame(places, ['replica', 'away', 'primary', 'primary'], 'one that is away is left alone for a moment')
  await t.rejects(database.read(reader => sql`SELECT nonsense`.execute(reader)))
})
