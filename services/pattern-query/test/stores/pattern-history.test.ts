import { logKey, unifiedStatesKey } from '@tickstock/contracts'
import { startFaultProxy, startRedis, until } from '@tickstock/test-kit'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { PatternHistories } from '../../src/stores/pattern-history.ts'
import { detected, expired, patternOf } from '../events.ts'

async function start(t: Test, commandTimeout = 60_000) {
  const server = await startRedis(t)
  const proxy = await startFaultProxy(t, { target: { host: '127.0.0.1', port: server.port } })
  const redis = new Redis(server.url)
  const through = new Redis(`redis://127.0.0.1:${proxy.port}`, { commandTimeout, retryStrategy: () => 20 })
  through.on('error', () => {})
  t.teardown(() => {
    redis.disconnect()
    through.disconnect()
  })
  const log = (channel: 'daily' | 'combo', offset: number, event: object | string, at = offset) =>
    redis.xadd(
      logKey(channel),
      `${offset}-0`,
      'epoch',
      'first',
      'at',
      String(at),
      'event',
      typeof event === 'string' ? event : JSON.stringify(event)
    )
  return { redis, proxy, log, histories: new PatternHistories(through) }
}

const doji = patternOf()
const { id } = doji

t.test('what happened to a pattern is read where the log has it, oldest first, of all channels', async t => {
  const { redis, log, histories } = await start(t)
  const combo = patternOf({ channel: 'combo', updated_at: 1 })
  await log('daily', 1, detected(doji), 100)
  await log('daily', 2, detected(patternOf({ symbol: 'OTHER' })))
  await log('daily', 3, expired(doji), 300)
  await log('combo', 1, detected(combo), 200)
  await redis.hset(unifiedStatesKey('daily'), id, `0:1,3:${JSON.stringify(doji)}`)
  await redis.hset(unifiedStatesKey('combo'), id, `1:1:${JSON.stringify(combo)}`)

  t.same(await histories.of(id), {
    id,
    events: [
      { position: { epoch: 'first', offset: 1 }, appended_at: 100, event: detected(doji) },
      { position: { epoch: 'first', offset: 1 }, appended_at: 200, event: detected(combo) },
      { position: { epoch: 'first', offset: 3 }, appended_at: 300, event: expired(doji) }
    ],
    complete: true
  })
})

t.test('what is cut, trimmed, unreadable or of another pattern is left out, and told', async t => {
  const { redis, log, histories } = await start(t)
  await log('daily', 2, 'not json')
  await log('daily', 3, detected(patternOf({ symbol: 'OTHER' })))
  await log('daily', 4, detected(doji))
  const offsets = (text: string) => redis.hset(unifiedStatesKey('daily'), id, `0:${text}:{}`)

  for (const text of ['1,4', '2,4', '3,4', '~4']) {
    await offsets(text)
    const { events, complete } = await histories.of(id)
    t.same([events.map(({ position }) => position.offset), complete], [[4], false], text)
  }
  await offsets('4')
  t.equal((await histories.of(id)).complete, true)
  t.same(await histories.of('unheard of'), { id: 'unheard of', events: [], complete: false })
})

t.test('a Redis that is away or mute is told within a time, one that holds something else as an error', async t => {
  const { redis, proxy, histories } = await start(t, 200)
  await until(() => histories.of(id))
  proxy.freeze()
  await t.rejects(histories.of(id), { code: 'log_unavailable' })
  proxy.thaw()
  await proxy.cut()
  await t.rejects(histories.of(id), { code: 'log_unavailable' })

  await redis.set(unifiedStatesKey('daily'), 'no hash')
  await proxy.restore()
  await until(() => histories.of(id).catch((error: unknown) => /WRONGTYPE/.test(`${error}`)), {
    what: 'the error of Redis'
  })
})
