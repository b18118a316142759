import t from 'tap'
import { startSentinel } from '../src/index.ts'

t.test(
  'a master that is mute is replaced, though a Sentinel is gone too, and what stood on it alone is lost',
  async t => {
    const sentinel = await startSentinel(t)
    const master = await sentinel.master()
    await master.ask('SET', 'key', 'kept')
    await master.replicated()

    await master.isolate()
    await master.ask('SET', 'key', 'lost')
    await sentinel.sentinels[0]?.kill()
    master.freeze()
    const promoted = await sentinel.failedOver(master)
    master.thaw()

    t.not(promoted, master)
    t.equal(await promoted.ask('GET', 'key'), 'kept')
  }
)
