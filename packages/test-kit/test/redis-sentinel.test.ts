import t from 'tap'
import { startSentinel } from '../src/index.ts'

t.test('Sentinels promote the replica of a master that is killed', async t => {
  const sentinel = await startSentinel(t)
  const master = await sentinel.master()
  await master.ask('SET', 'key', 'kept')
  await master.ask('WAIT', 1, 5_000)

  await master.kill()
  const promoted = await sentinel.failedOver(master)

  t.not(promoted, master)
  t.equal(await promoted.ask('GET', 'key'), 'kept')
})
