import { connectRedis, createLogger, loadConfig } from '@tickstock/service-kit'
import { startFaultProxy, until } from '@tickstock/test-kit'
import { Registry } from 'prom-client'
import t from 'tap'
import { gatewayConfig } from '../../src/config.ts'
import { createGateway } from '../../src/gateway.ts'
import { startLog } from '../gateway-fixture.ts'

t.test('a Redis that is away is told once for each thing that needs it, and once when it is back', async t => {
  const log = await startLog(t)
  const proxy = await startFaultProxy(t, { target: { host: '127.0.0.1', port: log.server.port } })
  const url = `redis://127.0.0.1:${proxy.port}`
  const lines: string[] = []
  const logger = createLogger({ service: 'test', level: 'info', destination: { write: line => void lines.push(line) } })
  const redis = connectRedis({ url, name: 'test', logger, commandTimeout: 2_000 })
  t.teardown(() => redis.disconnect())
  const config = loadConfig(gatewayConfig, {
    REDIS_URL: url,
    AUTH_MODE: 'development',
    PORT: '1',
    SLOT_TTL_MS: '2000',
    GROUP_RETENTION_MS: '4000'
  })
  const { feeds } = createGateway({ config, logger, registry: new Registry(), redis })
  const told = (message: string) => lines.filter(line => line.includes(`"msg":"${message}"`)).length
  feeds.start()
  await until(() => feeds.slot !== undefined, { what: 'a slot' })

  await proxy.cut()
  await until(() => feeds.slot === undefined && told('taking a slot fails'), { what: 'the slot to be lost' })
  await until(() => told('looking for groups that nobody reads fails'), { what: 'the sweep to fail' })
  await proxy.restore()
  await until(() => told('taking a slot works again'), { what: 'a slot again' })

  t.equal(told('taking a slot fails'), 1)
  t.equal(told('the slot is lost'), 1)
  await feeds.close()
  t.equal(feeds.slot, undefined)
})
