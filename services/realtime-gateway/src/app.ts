import { setTimeout as delay } from 'node:timers/promises'
import { raise } from '@tickstock/contracts'
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

/** The port opens when the log is being read, so that no client comes too early. Without a Redis it opens after this, ms. */
const READ_WITHIN = 2_000

export function buildApp({ config, logger, registry, gateway, redis }: Dependencies) {
  const { admission, clock, sessions, sessionContext, authenticate, pulse } = gateway
  const away = () => pulse.away(clock.now())
  const app = createServer({ logger, config })

  app.register(health, { service: SERVICE, checks: { log: () => checkPulse() }, drainMs: config.DRAIN_MS })
  app.register(metrics, { service: SERVICE, registry })
  app.register(performanceLog, { service: SERVICE, registry, redis })
  app.register(identity, { config })
  app.addHook('onReady', async () => {
    const reads = away().map(channel => pulse.nextBeat(channel))
    await Promise.race([Promise.all(reads), delay(READ_WITHIN, undefined, { ref: false })])
  })
  app.register(socketRoutes, {
    sessions,
    admission,
    context: sessionContext,
    authenticate,
    allowedOrigins: config.ALLOWED_ORIGINS,
    isLogAway: () => away().length > 0,
    drainMs: config.SHUTDOWN_MS * DRAIN_SHARE
  })

  function checkPulse() {
    const channels = away()
    if (channels.length > 0) raise('log_unavailable', `not being read: ${channels.join(', ')}`)
  }
  return app
}
