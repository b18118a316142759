import { createLogger, Lifetime } from '@tickstock/service-kit'
import { startPostgres, until } from '@tickstock/test-kit'
import t from 'tap'
import { startKeyPurge } from '../../src/feeds/key-purge.ts'
import { openDatabase } from '../fixtures/open-database.ts'
import { asRole, universeDatabase } from '../fixtures/universe-database.ts'

const logger = createLogger({ service: 'test', level: 'silent' })

t.test('old keys go, new ones stay, and a database that is away is tried again', async t => {
  const urls = await universeDatabase(t, await startPostgres(t))
  const database = openDatabase(t, urls)
  const lifetime = new Lifetime({ logger })
  t.teardown(() => lifetime.close())
  const query = (text: string) => asRole(urls.superuser, async client => (await client.query(text)).rows)
  await query(`INSERT INTO idempotency_keys (user_id, key, request, answer, created_at)
    VALUES ('alice', 'old', '', '{}', now() - interval '2 days'), ('bob', 'new', '', '{}', now())`)
  let tries = 0
  const flaky: Parameters<typeof startKeyPurge>[0]['database'] = {
    write: work => {
      tries += 1
      return tries === 1 ? Promise.reject(new Error('away')) : database.write(work)
    }
  }

  startKeyPurge({ database: flaky, logger, lifetime, every: 5 })

  await until(async () => (await query('SELECT key FROM idempotency_keys')).length === 1)
  t.strictSame(await query('SELECT key FROM idempotency_keys'), [{ key: 'new' }])
  await lifetime.close()
  const after = tries
  await new Promise(resolve => setImmediate(resolve))
  t.equal(tries, after, 'it ends with the lifetime')
})
