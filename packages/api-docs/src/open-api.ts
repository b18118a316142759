import swagger from '@fastify/swagger'
import * as contracts from '@tickstock/contracts'
import { fastify } from 'fastify'
import { exampleOf } from './examples.ts'

type Route = contracts.Route

/** Which service answers, by the beginning of the path; the order of the page. */
const SERVICES = [
  { prefix: '/api/patterns', name: 'pattern-query' },
  { prefix: '/api/users', name: 'user-universe' },
  { prefix: '/api/symbols', name: 'user-universe' },
  { prefix: contracts.SOCKET_PATH, name: 'realtime-gateway' }
] as const

const TAGS = [
  { name: 'patterns', description: 'Live patterns: scans, reports, exports' },
  { name: 'universe', description: 'All that is yours in one read' },
  { name: 'watchlists', description: 'Your lists of symbols' },
  { name: 'saved filters', description: 'Criteria that you scan with again' },
  { name: 'symbols', description: 'What can be traded' },
  { name: 'live', description: 'Every new pattern, over a WebSocket' }
]

const METHODS = ['POST', 'GET', 'PUT', 'PATCH', 'DELETE'] as const

/** The routes that callers reach, of all services: every route among the contracts that lies below one of their paths. */
export const publicRoutes: readonly Route[] = Object.values<unknown>(contracts)
  .filter(isRoute)
  .filter(({ url }) => serviceOf(url) !== undefined)
  .sort((one, other) => one.url.localeCompare(other.url) || placeOf(one) - placeOf(other))

/** As one goes through them: what is made is read, changed, and deleted last. */
function placeOf({ method }: Route): number {
  return METHODS.indexOf(method)
}

/** One OpenAPI 3.1 document for all services, as one host answers for them. */
export async function openApiDocument(): Promise<Record<string, unknown>> {
  const app = fastify({ ajv: { customOptions: { strict: false } } })
  app.setValidatorCompiler(() => () => true)
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'TickStock pattern discovery',
        version: '1',
        description:
          'Scan live chart patterns, keep watchlists and filters, and get every new pattern over a WebSocket.',
        license: { name: 'MIT', identifier: 'MIT' }
      },
      servers: [{ url: '/' }],
      tags: TAGS,
      components: {
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
          user: { type: 'apiKey', in: 'header', name: 'X-User-ID', description: 'In development alone' }
        }
      },
      security: [{ token: [] }, { user: [] }]
    },
    transform: ({ schema, url }) => ({ schema, url })
  })
  for (const route of publicRoutes) {
    app.route({ method: route.method, url: route.url, schema: documented(route), handler: () => undefined })
  }
  await app.ready()
  const document: unknown = app.swagger()
  await app.close()
  if (typeof document !== 'object' || document === null) throw new TypeError('no document was made')
  return { ...document }
}

/** The route's schema with what the page shows besides: who answers, an example of each place, problems in their media type. */
function documented({ method, url, schema }: Route): object {
  const example = exampleOf(method, url)
  return {
    ...schema,
    operationId: operationIdOf(method, url),
    description: [schema.description, `Answered by ${serviceOf(url)}.`].filter(Boolean).join('\n\n'),
    ...withExamples('params', schema.params, example?.params),
    ...withExamples('querystring', schema.querystring, example?.query),
    ...withExamples('headers', schema.headers, example?.headers),
    ...(schema.body && { body: { ...schema.body, ...(example?.body !== undefined && { examples: [example.body] }) } }),
    response: Object.fromEntries(
      Object.entries(withRefusals(schema.response)).map(([status, reply]) => [
        status,
        reply === contracts.Problem ? PROBLEM : reply
      ])
    )
  }
}

/** Where a caller must say who he is, his token may allow too little, and he may ask too much. */
const withRefusals = (response: Route['schema']['response']): Route['schema']['response'] =>
  401 in response ? { ...response, 403: contracts.Problem, 429: contracts.Problem } : response

const PROBLEM = {
  description: 'Problem details',
  content: { [contracts.PROBLEM_MEDIA_TYPE]: { schema: contracts.Problem } }
}

/** Parameters carry their examples one by one. */
function withExamples(
  place: string,
  schema: object | undefined,
  values: Readonly<Record<string, unknown>> = {}
): object {
  if (schema === undefined || !('properties' in schema)) return {}
  const { properties } = schema
  if (typeof properties !== 'object' || properties === null) return {}
  const shown = Object.entries(properties).map(([name, property]) =>
    name in values ? [name, { ...property, example: values[name] }] : [name, property]
  )
  return { [place]: { ...schema, properties: Object.fromEntries(shown) } }
}

const operationIdOf = (method: string, url: string): string =>
  `${method.toLowerCase()}_${url.replace(/^\//, '').replaceAll(/[^a-zA-Z0-9]+/g, '_')}`

function serviceOf(url: string): string | undefined {
  return SERVICES.find(({ prefix }) => url.startsWith(prefix))?.name
}

function isRoute(value: unknown): value is Route {
  return typeof value === 'object' && value !== null && 'method' in value && 'url' in value && 'schema' in value
}
