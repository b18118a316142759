import { UNIVERSE_CHANGES_KEY } from '@tickstock/contracts'
import { UniverseChanges } from '@tickstock/event-log'
import { startRedis, until } from '@tickstock/test-kit'
import { Redis } from 'ioredis'
import t from 'tap'
import { followUniverse } from '../../src/feeds/universe-feed.ts'
import { silent } from '../events.ts'
import { clientOf } from '../replica.ts'

t.test('an edit is forgotten at once, and after a lost connection everything is', async t => {
  const { url } = await startRedis(t)
  const redis = clientOf(t, url)
  const forgotten: string[] = []
  const changes = new UniverseChanges({
    connect: () => new Redis(url, { connectionName: 'follower', maxRetriesPerRequest: null }),
    logger: silent
  })
  const stop = new AbortController()
  const remembered = {
    forget: (kind: string, user: string, id: string) => forgotten.push(`${kind} ${user} ${id}`),
    forgetAll: () => forgotten.push('all')
  }
  const following = followUniverse(changes, remembered, stop.signal)
  t.teardown(async () => {
    stop.abort()
    await following
  })
  await until(() => forgotten.includes('all'))

  const change = { user: 'ann', kind: 'watchlist', id: 'a1', version: 2, deleted: false, at: 1 }
  await redis.xadd(UNIVERSE_CHANGES_KEY, '*', 'change', JSON.stringify(change))
  await until(() => forgotten.includes('watchlist ann a1'))

  const clients = String(await redis.call('CLIENT', 'LIST'))
  const [, id = ''] = /id=(\d+)[^\n]* name=follower/.exec(clients) ?? []
  await redis.call('CLIENT', 'KILL', 'ID', id)
  await until(() => forgotten.filter(what => what === 'all').length === 2)
  t.same(forgotten, ['all', 'watchlist ann a1', 'all'])
})
