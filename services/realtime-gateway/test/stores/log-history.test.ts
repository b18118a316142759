import { entryId, logKey } from '@tickstock/contracts'
import t from 'tap'
import { LogHistory } from '../../src/stores/log-history.ts'
import { startLog } from '../gateway-fixture.ts'

t.test('a page ends before an entry that is not understood, or begins after it', async t => {
  const log = await startLog(t)
  await log.appendMany(2)
  await log.redis.xadd(logKey('daily'), entryId(3), 'event', 'nonsense')
  await log.redis.xadd(logKey('daily'), entryId(4), 'event', '{}')
  await log.redis.hset('tickstock:{patterns:daily}:head', 'offset', 4)
  await log.appendMany(2)
  const history = new LogHistory(log.redis)

  const pages = [await history.page('daily', 0), await history.page('daily', 2), await history.page('daily', 6)]

  t.same(
    pages.map(page => page.map(({ offset }) => offset)),
    [[1, 2], [5, 6], []]
  )
})

t.test('those who ask together are told by one read, those who ask later by another', async t => {
  const log = await startLog(t)
  const history = new LogHistory(log.redis)
  await log.append()
  const [first, second] = await Promise.all([history.standing('daily'), history.standing('daily')])
  t.equal(first, second)

  await log.append()
  await log.redis.xtrim(logKey('daily'), 'MAXLEN', 1)
  t.match(await history.standing('daily'), { head: { offset: 2 }, floor: 1 })
})
