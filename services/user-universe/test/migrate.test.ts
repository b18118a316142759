import { spawn } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { startPostgres } from '@tickstock/test-kit'
import t from 'tap'
import { as, emptyDatabase } from './fixtures/universe-database.ts'

const server = await startPostgres(t)
const files = await readdir(new URL('../migrations', import.meta.url))
const migrations = files.map(file => file.replace('.sql', '')).sort()
const JOB = fileURLToPath(new URL('../src/migrate.ts', import.meta.url))

async function runJob(env: object) {
  const child = spawn(process.execPath, [...process.execArgv, '--conditions=@tickstock/source', JOB], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  const [out, err, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise(resolve => child.once('exit', resolve))
  ])
  return { code, out: out.trimEnd().split('\n'), err }
}

t.test('the job says each thing it did in a line, and a second time that there was nothing', async t => {
  const urls = await emptyDatabase(t, server)

  const [first, second] = [await runJob(urls), await runJob(urls)]

  t.match(first, { code: 0, err: '' })
  t.strictSame(first.out, [
    ...migrations.map(name => `migrated ${name}`),
    'made role universe_reader',
    'made role universe_writer',
    'made role universe_relay',
    'made role universe_producer',
    'the database is up to date'
  ])
  t.match(second, { code: 0, err: '' })
  t.strictSame(second.out, ['the database is up to date'])
})

t.test('jobs that start at once all end well', async t => {
  const urls = await emptyDatabase(t, server)

  const jobs = await Promise.all([runJob(urls), runJob(urls)])

  t.strictSame(
    jobs.map(({ code, err }) => ({ code, err })),
    [
      { code: 0, err: '' },
      { code: 0, err: '' }
    ]
  )
})

t.test('what is wrong is one line without passwords, and exit 1', async t => {
  const urls = await emptyDatabase(t, server)
  await runJob(urls)

  const unset = await runJob({ ...urls, DATABASE_OWNER_URL: '' })
  const password = await runJob({ ...urls, DATABASE_READ_URL: as(urls.superuser, 'universe_reader', 'hunter2hunter2') })
  const nowhere = await runJob({ ...urls, DATABASE_OWNER_URL: 'postgres://a:hunter2hunter2@127.0.0.1:1/x' })

  t.match(unset, { code: 1, err: /^cannot migrate: DATABASE_OWNER_URL: expected text like .* it is missing\n$/ })
  t.match(password, { code: 1, err: /^cannot migrate: DATABASE_READ_URL: password authentication failed .*\n$/ })
  t.match(nowhere, { code: 1, err: /^cannot migrate: connect ECONNREFUSED 127.0.0.1:1\n$/ })
  for (const { err } of [unset, password, nowhere]) t.notMatch(err, /hunter2/)
})
