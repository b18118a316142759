import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startRedis, temporaryFolder } from '@tickstock/test-kit'
import t from 'tap'
import { redisUrl, withRedis } from '../../src/command-line/redis-connection.ts'

t.test(
  'the Redis is the one that is told, else of the environment, else of the running system, else the usual',
  async t => {
    const file = join(await temporaryFolder(t), 'redis-url')
    t.equal(redisUrl(undefined, {}, file), 'redis://127.0.0.1:6379')
    await writeFile(file, 'redis://127.0.0.1:4711\n')
    t.equal(redisUrl(undefined, {}, file), 'redis://127.0.0.1:4711')
    t.equal(redisUrl(undefined, { REDIS_URL: 'redis://there' }, file), 'redis://there')
    t.equal(redisUrl('redis://told', { REDIS_URL: 'redis://there' }, file), 'redis://told')
    t.throws(() => redisUrl(undefined, {}, import.meta.dirname), { code: 'EISDIR' })
    const refusal = { name: 'RedisUrlError', message: /^REDIS_URL or --redis: expected a url of Redis/ }
    t.throws(() => redisUrl('http://told', {}, file), refusal)
    t.throws(() => redisUrl(undefined, { REDIS_URL: 'redis://there/abc' }, file), refusal)
  }
)

t.test('a Redis that is away is named, its password is not', async t => {
  const away = withRedis('redis://user:secret@127.0.0.1:1', async () => 'never')
  await t.rejects(away, /^Redis at 127\.0\.0\.1:1 does not answer: .*ECONNREFUSED/)
})

t.test('a database that the server does not have ends a command', async t => {
  const { url } = await startRedis(t)
  const refused = withRedis(`${url}/99`, async () => 'never')
  await t.rejects(refused, { name: 'RedisUrlError', message: /^REDIS_URL or --redis: expected a database .*not 99/ })
})

t.test('what fails for another reason is told as it is', async t => {
  const { url } = await startRedis(t)
  t.equal(await withRedis(url, redis => redis.ping()), 'PONG')
  await t.rejects(
    withRedis(url, () => Promise.reject(new TypeError('mine'))),
    { message: 'mine' }
  )
})
