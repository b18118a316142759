import {
  connectRedis,
  createLogger,
  createRegistry,
  createServer,
  health,
  type IdentityConfig,
  identity,
  metrics,
  performanceLog,
  rateLimit,
  userOf
} from '@tickstock/service-kit'
import { fastify } from 'fastify'

/** One trivial route, on bare Fastify or with all that the kit puts around it. Prints its address. Arguments: what it is, url of a Redis. */
const [, , KIND, REDIS_URL = ''] = process.argv
const WITH_IDENTITY = KIND === 'identity'
const SECRET = 'a secret for a bench, 32 characters'
const BODY = Buffer.from('{"hello":"world"}')

const bare = () => fastify()

const kit = () => {
  const logger = createLogger({ service: 'bench', level: 'warn' })
  const registry = createRegistry()
  const app = createServer({ logger })
  app.register(metrics, { service: 'bench', registry })
  if (KIND === 'recorded') {
    const redis = connectRedis({ url: REDIS_URL, name: 'bench', logger })
    app.register(performanceLog, { service: 'bench', redis, registry })
  }
  app.register(health, { service: 'bench' })
  const config: IdentityConfig = { AUTH_MODE: 'token', AUTH_SECRET: SECRET, RATE_LIMIT_USER: 1_000_000 }
  app.register(identity, { config })
  if (WITH_IDENTITY) app.register(rateLimit, { config })
  return app
}

const app = KIND === 'bare' ? bare() : kit()
app.get('/', (request, reply) => {
  if (WITH_IDENTITY) userOf(request)
  return reply.type('application/json').send(BODY)
})
console.log(await app.listen({ host: '127.0.0.1', port: 0 }))
