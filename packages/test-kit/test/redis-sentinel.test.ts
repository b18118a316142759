import t from 'tap'
import { startSentinel } from '../src/index.ts'

t.test('Sentinels promote a replica, and what the killed master took when it was isolated is lost', async t => {
  const sentinel = await startSentinel(t)
  const master = await sentinel.master()
  await master.ask('SET', 'key', 'kept')
  await master.replicated()

  await master.isolate()
  await master.ask('SET', 'key', 'lost')
  await master.kill()
  const promoted = await sentinel.failedOver(master)

  t.not(promoted, master)
  t.equal(await promoted.ask('GET', 'key'), 'kept')
})

t.test('a master that is mute is replaced, though a Sentinel is mute too', async t => {
  const sentinel = await startSentinel(t)
  const master = await sentinel.master()

  sentinel.sentinels[0]?.freeze()
  master.freeze()
  const promoted = await sentinel.failedOver(master)
  master.thaw()

  t.not(promoted, master)
})
