import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ready } from '@tickstock/contracts'
import { createDatabase, startPostgres, startRedis, startService } from '@tickstock/test-kit'
import t from 'tap'

const root = fileURLToPath(new URL('../..', import.meta.url))

t.test('what is built for deployment runs: each service, and the migration', async t => {
  // The compiler does not start under the loader that the test runner gives to each child.
  const compile = ['-u', 'NODE_OPTIONS', join(root, 'node_modules/.bin/tsc'), '--build', 'tsconfig.build.json']
  execFileSync('env', compile, { cwd: root })
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
  execFileSync(process.execPath, [join(root, 'services/user-universe/dist/migrate.js')], {
    env: { ...process.env, ...roles, DATABASE_OWNER_URL: database.url }
  })

  const env = { AUTH_MODE: 'development', LOG_LEVEL: 'warn', REDIS_URL: redis.url, ...roles }
  for (const service of ['pattern-query', 'user-universe', 'realtime-gateway']) {
    const { url } = await startService(t, { service, env, built: true })
    t.equal((await fetch(`${url}${ready.url}`)).status, 200, `${service} is ready`)
  }
})
