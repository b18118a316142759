import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ready } from '@tickstock/contracts'
import {
  createDatabase,
  freshBundle,
  SERVICES,
  startPostgres,
  startRedis,
  startService,
  workspaceCopy
} from '@tickstock/test-kit'
import t from 'tap'

const root = await workspaceCopy(t, { installed: true })

/** The compiler does not start under the loader that the test runner gives to each child. */
const build = (project: string) =>
  execFileSync('env', ['-u', 'NODE_OPTIONS', 'node_modules/.bin/tsc', '--build', project], { cwd: root })

t.test('each built service starts on a database that the built migration prepared', async t => {
  for (const service of SERVICES) await freshBundle(root, service)
  const redis = await startRedis(t)
  const database = await createDatabase(t, await startPostgres(t))
  const as = (user: string) => {
    const url = new URL(database.url)
    url.username = user
    url.password = 'a-password-of-the-test'
    return url.href
  }
  const roles = {
    DATABASE_READ_URL: as('built_reader'),
    DATABASE_WRITE_URL: as('built_writer'),
    DATABASE_RELAY_URL: as('built_relay')
  }
  execFileSync(process.execPath, [join(root, 'services/user-universe/dist/migrate.cjs')], {
    env: { ...process.env, ...roles, DATABASE_OWNER_URL: database.url }
  })

  const env = { AUTH_MODE: 'development', LOG_LEVEL: 'warn', REDIS_URL: redis.url, ...roles }
  for (const service of SERVICES) {
    const { url } = await startService(t, { service, env, root })
    t.equal((await fetch(`${url}${ready.url}`)).status, 200, `${service} is ready`)
  }
})

t.test('a build writes a dist again that was deleted', async t => {
  const dist = join(root, 'packages/contracts/dist')
  build('packages/contracts')
  await rm(dist, { recursive: true })

  build('packages/contracts')

  t.ok(existsSync(join(dist, 'index.js')))
})
