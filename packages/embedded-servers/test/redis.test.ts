import { readFile, stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { StartError, startRedis } from '../src/index.ts'
import { temporaryFolder } from './fixtures/temporary-folder.ts'

t.test('Redis never evicts, listens on this machine alone, and keeps what it is told to keep', async t => {
  const dataDir = join(await temporaryFolder(t), 'a folder "with" spaces')
  const redis = await startRedis({ dataDir, persistence: 'everysec' })
  t.teardown(() => redis.stop())

  const configuration = await readFile(join(dataDir, 'redis.conf'), 'utf8')

  t.match(configuration, /^bind 127\.0\.0\.1$/m)
  t.match(configuration, /^maxmemory-policy noeviction$/m)
  t.ok((await stat(join(dataDir, 'appendonlydir'))).isDirectory())
  t.match(await redis.stop(), { code: 0 })
})

t.test('a demanded port that is taken is an error with the reason, even if a Redis has it', async t => {
  const first = await startRedis({ dataDir: join(await temporaryFolder(t), 'first') })
  t.teardown(() => first.stop())

  const failure = startRedis({ dataDir: join(await temporaryFolder(t), 'second'), port: first.port })

  await t.rejects(failure, StartError)
  await t.rejects(failure, /Address already in use/i)
})

t.test('a listener that is no Redis is not taken for one', async t => {
  const impostor = createServer(socket => socket.end('-ERR\r\n'))
  await new Promise<void>(resolve => impostor.listen(0, '127.0.0.1', resolve))
  t.teardown(() => impostor.close())
  const address = impostor.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const binary = { path: 'sleep', env: {} }

  await t.rejects(startRedis({ dataDir: await temporaryFolder(t), port, binary, within: 200 }), StartError)
})
