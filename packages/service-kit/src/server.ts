import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { ProblemError } from '@tickstock/contracts'
import { type FastifyBaseLogger, type FastifyInstance, fastify } from 'fastify'
import { trackMethods } from './allowed-methods.ts'
import { type CorsConfig, cors } from './cors.ts'
import { type IdentityConfig, identityConfig } from './identity-config.ts'
import { LazyLogger } from './lazy-logger.ts'
import { LIMITS } from './limits.ts'
import type { Logger } from './logger.ts'
import { invalidRequest, replyWithProblem } from './problem-reply.ts'
import { refuseConnection } from './refuse-connection.ts'
import { REQUEST_ID_HEADER, requestIds } from './request-id.ts'
import { pathOf, RequestLog } from './request-log.ts'
import { DATA_HEADERS } from './security-headers.ts'
import { TrustedProxies } from './trusted-proxies.ts'
import { validatorCompiler } from './validator.ts'

/** What the edge of a service is told: who may ask, from where, and how often. */
export type EdgeConfig = IdentityConfig & Partial<CorsConfig>

export interface ServerOptions {
  readonly logger: Logger
  /** Which proxies are believed, and whose pages may call (default: nobody's). */
  readonly config?: Partial<Pick<EdgeConfig, 'TRUSTED_PROXIES' | 'CORS_ORIGINS'>>
  /** Bytes of a body, where {@link LIMITS} does not fit. */
  readonly bodyLimit?: number
}

export type Server = ReturnType<typeof createServer>

/**
 * A Fastify server with the manners that all services share: every refusal is a problem document, every request has an
 * id, limits hold, and bad input is named and never clamped.
 */
export function createServer({ logger, config, bodyLimit = LIMITS.body }: ServerOptions) {
  const loggerInstance: FastifyBaseLogger = new LazyLogger(() => logger)
  const proxies = new TrustedProxies(config?.TRUSTED_PROXIES ?? identityConfig.properties.TRUSTED_PROXIES.default)
  const app = fastify({
    loggerInstance,
    logController: new RequestLog(logger),
    genReqId: requestIds(),
    bodyLimit,
    routerOptions: { maxParamLength: LIMITS.parameter },
    requestTimeout: LIMITS.request,
    connectionTimeout: LIMITS.connection,
    keepAliveTimeout: LIMITS.keepAlive,
    http: {
      maxHeaderSize: LIMITS.headers,
      headersTimeout: LIMITS.requestHeaders,
      connectionsCheckingInterval: LIMITS.lateness
    },
    // What is said of the client's address counts from our own proxies only: limits are held by it.
    trustProxy: address => proxies.includes(address),
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    // What arrives on an open connection while we drain is still answered, with "connection: close".
    return503OnClosing: false,
    schemaErrorFormatter: invalidRequest,
    frameworkErrors: (error, request, reply) => {
      reply.header(REQUEST_ID_HEADER, request.id).headers(DATA_HEADERS)
      replyWithProblem(error, request, reply)
    },
    clientErrorHandler: refuseConnection
  }).withTypeProvider<TypeBoxTypeProvider>()

  app.setValidatorCompiler(validatorCompiler())
  takeJson(app)
  app.setErrorHandler(replyWithProblem)
  const methodsOf = trackMethods(app)

  app.addHook('onRequest', (request, reply, done) => {
    reply.header(REQUEST_ID_HEADER, request.id).headers(DATA_HEADERS)
    if ((request.raw.url?.length ?? 0) <= LIMITS.url) return done()
    done(new ProblemError('url_too_long', `path and query have more than ${LIMITS.url} characters`))
  })
  app.setNotFoundHandler((request, reply) => {
    const path = pathOf(request.url)
    const allowed = methodsOf(path)
    if (allowed.length === 0) throw new ProblemError('route_not_found', `${request.method} ${path}`)
    reply.header('allow', allowed.join(', '))
    throw new ProblemError('method_not_allowed', `${path} takes ${allowed.join(', ')}`)
  })

  app.register(cors, { CORS_ORIGINS: config?.CORS_ORIGINS ?? '' })
  return app
}

/**
 * JSON bodies as Fastify reads them, but one that is empty is no body: many clients name a content type with every request, also with a DELETE. A route that
 * takes a body refuses one that is missing by its schema.
 */
function takeJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body.length === 0) done(null)
    else parse(request, body, done)
  })
}
