import { startRedis, type Teardown } from '@tickstock/test-kit'
import { Redis } from 'ioredis'
import t from 'tap'
import { CacheEntries } from '../../../src/stores/cache/cache-entries.ts'

async function given(t: Teardown) {
  const redis = new Redis((await startRedis(t)).url)
  t.teardown(() => redis.disconnect())
  return new CacheEntries({ read: command => command(redis), write: command => command(redis) })
}

t.test('what a writer has read is kept when nobody else wrote meanwhile', async t => {
  const entries = await given(t)
  const begun = await entries.beginWrite('alice')

  t.equal(await entries.endWrite('alice', begun, 'after it'), 'kept')

  t.match(await entries.lookUp('alice'), { kind: 'hit', text: 'after it' })
})

t.test(
  'what a writer has read is not kept when another’s write ended meanwhile, whichever of them was first',
  async t => {
    const entries = await given(t)
    const [one, other] = [await entries.beginWrite('alice'), await entries.beginWrite('alice')]

    await entries.endWrite('alice', other, 'after the other')
    t.equal(await entries.endWrite('alice', one, 'after the one'), 'dropped')

    t.match(await entries.lookUp('alice'), { kind: 'load', text: undefined })
  }
)

t.test('nor when the other could not say what it left, or a relay made the entry void', async t => {
  const entries = await given(t)
  const begun = await entries.beginWrite('alice')

  await entries.endWrite('alice', undefined)
  t.equal(await entries.endWrite('alice', begun, 'after it'), 'dropped')

  t.match(await entries.lookUp('alice'), { kind: 'load', text: undefined })
})
