import { Redis } from 'ioredis'
import t from 'tap'
import { startRedis } from '../src/index.ts'

t.test('a Redis answers at its URL, keeps its data through a kill where asked to, and ends with the test', async t => {
  const first = await startRedis(t, { persistence: 'everysec' })
  const writer = new Redis(first.url)
  await writer.set('key', 'kept')
  writer.disconnect()
  first.kill('SIGKILL')
  await first.exited

  const { dataDir, port } = first
  const second = await startRedis(t, { persistence: 'everysec', dataDir, port })
  const reader = new Redis(second.url)
  t.teardown(() => reader.disconnect())

  t.equal(second.url, first.url)
  t.equal(await reader.get('key'), 'kept')
})
