import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import { PROBLEM_MEDIA_TYPE, Problem } from '@tickstock/contracts'
import type { FastifyInstance, FastifySchema } from 'fastify'
import type { ServiceConfig } from './config.ts'
import { PAGE_HEADERS } from './security-headers.ts'

const SCHEMES = {
  token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
  proxy: { type: 'apiKey', in: 'header', name: 'X-User-ID' },
  development: { type: 'apiKey', in: 'header', name: 'X-User-ID' }
} as const

/** OpenAPI of all routes: a page at /docs, the document at /docs/json. */
export function apiPage(app: FastifyInstance, service: string, authMode: ServiceConfig['AUTH_MODE']): void {
  app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: `TickStock ${service}`, version: '1' },
      components: { securitySchemes: { user: SCHEMES[authMode] } },
      security: [{ user: [] }]
    },
    transform: ({ schema, url }) => ({ schema: withProblems(schema), url })
  })
  app.register(async pages => {
    pages.addHook('onRequest', (_request, reply, done) => {
      reply.headers(PAGE_HEADERS)
      done()
    })
    await pages.register(swaggerUi, { routePrefix: '/docs', uiConfig: { deepLinking: true } })
  })
}

/** Problems leave as their own media type, which a route's reply schemas do not say. */
function withProblems(schema: FastifySchema): FastifySchema {
  if (typeof schema?.response !== 'object' || schema.response === null) return schema
  const response = Object.fromEntries(
    Object.entries(schema.response).map(([status, reply]) => [status, reply === Problem ? PROBLEM : reply])
  )
  return { ...schema, response }
}

const PROBLEM = { description: 'Problem details', content: { [PROBLEM_MEDIA_TYPE]: { schema: Problem } } }
