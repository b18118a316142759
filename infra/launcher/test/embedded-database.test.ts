import { join } from 'node:path'
import { startPostgres, temporaryFolder } from '@tickstock/test-kit'
import t from 'tap'
import { embeddedDatabase } from '../src/embedded-database.ts'
import { openSecrets } from '../src/secrets.ts'

t.test('the database of a data folder is found while it runs', async t => {
  const folder = await temporaryFolder(t)
  t.equal(await embeddedDatabase(folder), undefined)
  const { producerPassword } = await openSecrets(join(folder, 'secrets.json'))
  t.equal(await embeddedDatabase(folder), undefined)

  const server = await startPostgres(t, { dataDir: join(folder, 'postgres') })

  t.equal(
    await embeddedDatabase(folder),
    `postgres://tickstock_producer:${producerPassword}@127.0.0.1:${server.port}/tickstock`
  )
})
