import { UNIVERSE_EPOCH_KEY } from '@tickstock/contracts'
import { createLogger } from '@tickstock/service-kit'
import { startRedisCluster, until } from '@tickstock/test-kit'
import t from 'tap'
import { CacheLink } from '../../../src/stores/cache/cache-link.ts'

t.test(
  'a cache whose node was replaced is void before it is trusted again, though nobody asked it meanwhile',
  async t => {
    const cluster = await startRedisCluster(t, { replicas: 1 })
    const logger = createLogger({ service: 'test', level: 'silent' })
    let voids = 0
    const link = new CacheLink({ url: cluster.url, logger, voided: () => (voids += 1) })
    t.teardown(() => link.close())
    await until(() => link.trusted)
    const master = await cluster.masterOf(UNIVERSE_EPOCH_KEY)
    const before = await link.command(redis => redis.get(UNIVERSE_EPOCH_KEY))
    const voidsBefore = voids

    await master.kill()
    await until(() => !link.trusted)
    await cluster.failedOver(UNIVERSE_EPOCH_KEY, master)
    await until(() => link.trusted)

    t.ok(voids > voidsBefore)
    t.not(await link.command(redis => redis.get(UNIVERSE_EPOCH_KEY)), before)
  }
)
