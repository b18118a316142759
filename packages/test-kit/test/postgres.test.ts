import pg from 'pg'
import t from 'tap'
import { createDatabase, startPostgres } from '../src/index.ts'

async function query(url: string, text: string) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

t.test('each test has a database of its own, copied from a template where wanted', async t => {
  const server = await startPostgres(t)
  const template = await createDatabase(t, server)
  await query(template.url, 'CREATE TABLE symbols AS SELECT 1 AS id')

  const [empty, migrated] = [
    await createDatabase(t, server),
    await createDatabase(t, server, { template: template.name })
  ]

  t.same(await query(migrated.url, 'SELECT id FROM symbols'), [{ id: 1 }])
  await t.rejects(query(empty.url, 'SELECT id FROM symbols'), { code: '42P01' })
})
