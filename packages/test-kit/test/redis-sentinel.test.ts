import t from 'tap'
import { startSentinel, until } from '../src/index.ts'

t.test('Sentinels promote the replica of a master that is killed', async t => {
  const sentinel = await startSentinel(t)
  const master = await sentinel.master()
  await master.ask('SET', 'key', 'kept')
  await master.replicated()

  await master.kill()
  const promoted = await sentinel.failedOver(master)

  t.not(promoted, master)
  t.equal(await promoted.ask('GET', 'key'), 'kept')
})

t.test('what a master takes that is isolated from its replica is lost with it', async t => {
  const sentinel = await startSentinel(t)
  const master = await sentinel.master()
  await master.ask('SET', 'key', 'kept')
  await master.replicated()

  await master.isolate()
  await master.ask('SET', 'key', 'lost')
  await master.kill()
  const promoted = await sentinel.failedOver(master)

  t.equal(await promoted.ask('GET', 'key'), 'kept')
})

t.test('a master that is mute is replaced, and follows the new one when it is back', async t => {
  const sentinel = await startSentinel(t)
  const master = await sentinel.master()

  master.freeze()
  const promoted = await sentinel.failedOver(master)
  master.thaw()

  await until(async () => (await master.info('replication', 'role')) === 'slave', { within: 30_000 })
  t.equal(await sentinel.master(), promoted)
})
