import { createLogger } from '@tickstock/service-kit'
import { startPostgres } from '@tickstock/test-kit'
import { sql } from 'kysely'
import t from 'tap'
import { Access } from '../../src/stores/access.ts'

const server = await startPostgres(t)

t.test('no more wait for a connection than it can answer: the rest is refused at once', async t => {
  const logger = createLogger({ service: 'test', level: 'silent' })
  const access = new Access({ url: server.url, name: 'test', size: 1, readOnly: true, logger })
  t.teardown(() => access.close())
  await access.ping()

  const held = access.run(database => sql`SELECT pg_sleep(0.3)`.execute(database))
  const waiting = Array.from({ length: 50 }, () => access.ping())
  await t.rejects(access.ping(), { code: 'database_unavailable', message: 'Too many requests wait for Postgres' })

  await t.resolves(Promise.all([held, ...waiting]))
  await t.resolves(access.ping())
})
