import { CHANNELS, raise } from '@tickstock/contracts'
import type { RedisClient } from '@tickstock/event-log'
import { createServer, health, identity, type Logger, metrics, performanceLog } from '@tickstock/service-kit'
import type { Registry } from 'prom-client'
import type { GatewayConfig } from './config.ts'
import { type Gateway, SERVICE } from './gateway.ts'
import { socketRoutes } from './routes/socket.ts'

export interface Dependencies {
  readonly config: GatewayConfig
  readonly logger: Logger
  readonly registry: Registry
  readonly gateway: Gateway
  /** Where it is recorded how long requests take. */
  readonly redis: RedisClient
}

/** Part of SHUTDOWN_MS in which sockets are closed; the rest is for closing what is behind them. */
const DRAIN_SHARE = 0.4

export function buildApp({ config, logger, registry, gateway, redis }: Dependencies) {
  const { admission, clock, sessions, sessionContext, authenticate, pulse } = gateway
  const app = createServer({ logger, config })

  app.register(health, { service: SERVICE, checks: { log: () => checkPulse() }, drainMs: config.DRAIN_MS })
  app.register(metrics, { service: SERVICE, registry })
  app.register(performanceLog, { service: SERVICE, registry, redis })
  app.register(identity, { config })
  app.register(socketRoutes, {
    sessions,
    admission,
    context: sessionContext,
    authenticate,
    allowedOrigins: config.ALLOWED_ORIGINS,
    drainMs: config.SHUTDOWN_MS * DRAIN_SHARE
  })

  function checkPulse() {
    const away = CHANNELS.filter(channel => !pulse.isAlive(channel, clock.now()))
    if (away.length > 0) raise('log_unavailable', `not being read: ${away.join(', ')}`)
  }
  return app
}
