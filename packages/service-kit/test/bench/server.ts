import { createLogger, createRegistry, createServer, health, identity, metrics, userOf } from '@tickstock/service-kit'
import { fastify } from 'fastify'

/** One trivial route, on bare Fastify or with all that the kit puts around it. Prints its address. */
const SECRET = 'a secret for a bench, 32 characters'
const BODY = Buffer.from('{"hello":"world"}')

const bare = () => fastify()

const kit = () => {
  const app = createServer({ service: 'bench', logger: createLogger({ service: 'bench', level: 'warn' }) })
  app.register(metrics, { service: 'bench', registry: createRegistry() })
  app.register(health, { service: 'bench' })
  app.register(identity, { config: { AUTH_MODE: 'token', AUTH_SECRET: SECRET } })
  return app
}

const WITH_IDENTITY = process.argv[2] === 'identity'
const app = process.argv[2] === 'bare' ? bare() : kit()
app.get('/', (request, reply) => {
  if (WITH_IDENTITY) userOf(request)
  return reply.type('application/json').send(BODY)
})
console.log(await app.listen({ host: '127.0.0.1', port: 0 }))
