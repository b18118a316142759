import { connectRedis, runService } from '@tickstock/service-kit'
import { buildApp } from './app.ts'
import { gatewayConfig } from './config.ts'
import { createGateway, SERVICE } from './gateway.ts'

/** A client waits for the answer. ms */
const COMMAND_TIMEOUT = 2_000

void runService({
  service: SERVICE,
  schema: gatewayConfig,
  start: async ({ config, logger, lifetime, registry }) => {
    const redis = connectRedis({ url: config.REDIS_URL, name: SERVICE, logger, commandTimeout: COMMAND_TIMEOUT })
    lifetime.own('redis', () => redis.disconnect())

    const gateway = createGateway({ config, logger, registry, redis })
    lifetime.own('loop lag', () => gateway.lag.stop())
    lifetime.own('pacemakers', () => {
      for (const pacemaker of gateway.pacemakers) pacemaker.stop()
    })
    lifetime.own('acknowledgements', () => gateway.acknowledgements.close())
    lifetime.own('log feeds', () => gateway.feeds.close())
    lifetime.own('universe feed', () => gateway.universeFeed.close())
    gateway.feeds.start()
    gateway.universeFeed.start()

    return buildApp({ config, logger, registry, gateway, redis })
  }
})
