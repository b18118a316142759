import {
  connectRedis,
  createLogger,
  createRegistry,
  createServer,
  health,
  identity,
  metrics,
  performanceLog,
  userOf
} from '@tickstock/service-kit'
import { fastify } from 'fastify'

/** One trivial route, on bare Fastify or with all that the kit puts around it. Prints its address. Arguments: what it is, url of a Redis. */
const [, , KIND, REDIS_URL = ''] = process.argv
const SECRET = 'a secret for a bench, 32 characters'
const BODY = Buffer.from('{"hello":"world"}')

const bare = () => fastify()

const kit = () => {
  const logger = createLogger({ service: 'bench', level: 'warn' })
  const registry = createRegistry()
  const app = createServer({ service: 'bench', logger })
  app.register(metrics, { service: 'bench', registry })
  if (KIND === 'recorded') {
    const redis = connectRedis({ url: REDIS_URL, name: 'bench', logger })
    app.register(performanceLog, { service: 'bench', redis, registry })
  }
  app.register(health, { service: 'bench' })
  app.register(identity, { config: { AUTH_MODE: 'token', AUTH_SECRET: SECRET } })
  return app
}

const WITH_IDENTITY = KIND === 'identity'
const app = KIND === 'bare' ? bare() : kit()
app.get('/', (request, reply) => {
  if (WITH_IDENTITY) userOf(request)
  return reply.type('application/json').send(BODY)
})
console.log(await app.listen({ host: '127.0.0.1', port: 0 }))
