import { cp, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import t from 'tap'
import { startPostgres } from '../src/index.ts'
import { temporaryFolder } from './fixtures/temporary-folder.ts'

async function query(url: string, text: string) {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

t.test('a durable cluster keeps its rows through an orderly stop and a SIGKILL', async t => {
  const dataDir = join(await temporaryFolder(t), 'data')
  const first = await startPostgres({ dataDir })
  t.teardown(() => first.stop())
  await query(first.url, 'CREATE TABLE kept AS SELECT 1 AS id')
  t.same(await first.stop(), { code: 0, signal: null })

  const second = await startPostgres({ dataDir, port: first.port })
  t.teardown(() => second.stop())
  await query(second.url, 'INSERT INTO kept VALUES (2)')
  second.kill('SIGKILL')
  await second.exited

  const third = await startPostgres({ dataDir, port: first.port, settings: { max_connections: '7' } })
  t.teardown(() => third.stop())
  t.same(await query(third.url, 'SELECT id FROM kept ORDER BY id'), [{ id: 1 }, { id: 2 }])
  t.same(await query(third.url, 'SHOW max_connections'), [{ max_connections: '7' }])
  t.same(await query(third.url, 'SHOW fsync'), [{ fsync: 'on' }])
})

t.test('nobody enters without the password, which its owner alone can read', async t => {
  const dataDir = join(await temporaryFolder(t), 'data')
  const server = await startPostgres({ dataDir, durable: false })
  t.teardown(() => server.stop())
  const guess = new URL(server.url)
  guess.password = 'guess'

  await t.rejects(query(guess.href, 'SELECT 1'), { code: '28P01' })

  const path = join(dataDir, 'superuser-password')
  t.equal((await stat(path)).mode & 0o777, 0o600)
  t.equal(new URL(server.url).password, await readFile(path, 'utf8'))
  t.equal((await stat(dataDir)).mode & 0o777, 0o700)
})

t.test('a second start on a folder in use says which process has it', async t => {
  const dataDir = join(await temporaryFolder(t), 'data')
  const server = await startPostgres({ dataDir, durable: false })
  t.teardown(() => server.stop())

  await t.rejects(startPostgres({ dataDir }), new RegExp(`already runs on .* with pid ${server.pid}`))
})

t.test('what an earlier life left behind does not prevent a start', async t => {
  const dataDir = join(await temporaryFolder(t), 'data')
  await mkdir(join(dataDir, 'cluster.draft', 'half of it'), { recursive: true })
  const first = await startPostgres({ dataDir, durable: false })
  await first.stop()
  await writeFile(join(dataDir, 'cluster', 'postmaster.pid'), `${process.pid}\n${dataDir}\n`)

  const second = await startPostgres({ dataDir, durable: false })
  t.teardown(() => second.stop())

  t.same(await query(second.url, 'SELECT 1 AS one'), [{ one: 1 }])
})

t.test('a setting that Postgres refuses is an error with its own words', async t => {
  const failure = startPostgres({
    dataDir: join(await temporaryFolder(t), 'data'),
    durable: false,
    settings: { no_such_setting: 'on' }
  })

  await t.rejects(failure, /Postgres ended \(exit code 1\)[\s\S]*no_such_setting/)
})

t.test('a Postgres is not ready while another has its port', async t => {
  const folder = await temporaryFolder(t)
  const first = await startPostgres({ dataDir: join(folder, 'data'), durable: false })
  t.teardown(() => first.stop())
  await cp(join(folder, 'data', 'superuser-password'), join(folder, 'twin', 'superuser-password'))
  await cp(join(folder, 'data', 'cluster'), join(folder, 'twin', 'cluster'), { recursive: true })
  await rm(join(folder, 'twin', 'cluster', 'postmaster.pid'))

  await t.rejects(
    startPostgres({ dataDir: join(folder, 'twin'), port: first.port, durable: false }),
    /could not bind IPv4 address "127\.0\.0\.1": Address already in use/
  )
})
