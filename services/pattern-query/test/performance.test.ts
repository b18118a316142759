import { API_PERFORMANCE_KEY } from '@tickstock/contracts'
import { createRegistry, Lifetime, loadConfig } from '@tickstock/service-kit'
import { startRedis, until } from '@tickstock/test-kit'
import t from 'tap'
import { config } from '../src/config.ts'
import { openPerformance } from '../src/performance.ts'
import { silent } from './events.ts'
import { environment } from './replica.ts'

t.test('what is recorded by its connection can be read by it, and it closes with the process', async t => {
  const { url } = await startRedis(t)
  const lifetime = new Lifetime({ logger: silent })
  t.teardown(() => lifetime.close())
  const { redis, figures } = openPerformance({
    config: loadConfig(config, environment(url)),
    logger: silent,
    lifetime,
    registry: createRegistry()
  })
  await redis.lpush(API_PERFORMANCE_KEY, '{"endpoint":"/api/patterns/scan","duration":0.001}')

  t.equal((await figures()).window.requests, 1)

  await lifetime.close()
  await until(() => redis.status === 'end')
})
