import { UNIVERSE_CHANGES_KEY, type UniverseChange } from '@tickstock/contracts'
import { connectRedis, createLogger } from '@tickstock/service-kit'
import { startRedis, until } from '@tickstock/test-kit'
import { Redis } from 'ioredis'
import t from 'tap'
import { Following } from '../../src/domain/following.ts'
import { pause, UniverseFeed } from '../../src/feeds/universe-feed.ts'

const logger = createLogger({ service: 'test', level: 'silent' })

t.test('edits reach what follows them, and after a lost connection everything is looked up anew', async t => {
  const server = await startRedis(t)
  const redis = new Redis(server.url)
  t.teardown(() => redis.disconnect())
  const following = new Following({ pause, failed: error => t.fail(`${error}`) })
  let looks = 0
  const followed = following.follow({
    user: 'alice',
    select: async () => {
      looks++
      return { filter: {}, references: ['w'] }
    },
    changed: () => undefined,
    lost: () => undefined
  })
  await followed.begin()
  followed.ready()
  const feed = new UniverseFeed({
    following,
    connect: () => connectRedis({ url: server.url, name: 'universe', logger }),
    logger,
    blockMs: 100
  })
  t.teardown(() => feed.close())

  feed.start()
  await until(() => looks === 2)
  const change: UniverseChange = { user: 'alice', kind: 'watchlist', id: 'w', version: 2, deleted: false, at: 1 }
  await redis.xadd(UNIVERSE_CHANGES_KEY, '*', 'change', JSON.stringify(change))
  await until(() => looks === 3)
  await redis.call('CLIENT', 'KILL', 'TYPE', 'NORMAL', 'SKIPME', 'YES')
  await until(() => looks === 4)
  t.pass('each was looked up')
})
