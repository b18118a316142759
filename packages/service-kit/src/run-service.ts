import type { Static, TObject } from '@sinclair/typebox'
import { checkRedisUrl } from '@tickstock/event-log'
import closeWithGrace from 'close-with-grace'
import type { FastifyInstance } from 'fastify'
import type { Registry } from 'prom-client'
import { loadConfig, type ServiceConfig } from './config.ts'
import { Lifetime } from './lifetime.ts'
import { createLogger, type Logger } from './logger.ts'
import { createRegistry } from './metrics.ts'
import { secretsOf } from './redaction.ts'

export interface StartContext<Config> {
  readonly config: Config
  readonly logger: Logger
  /** Own here whatever is opened: it is closed after the server, in reverse. */
  readonly lifetime: Lifetime
  readonly registry: Registry
}

/** Any schema whose values hold what every service is told. */
type ServiceSchema = TObject & { readonly static: ServiceConfig }

/** A Fastify server, whatever its type parameters. */
type HttpServer = Pick<FastifyInstance, 'listen' | 'close' | 'server'>

export interface ServiceOptions<Schema extends ServiceSchema> {
  readonly service: string
  /** `serviceConfig` composed with what the service needs besides. */
  readonly schema: Schema
  /** Opens what is needed and wires the app; it does not listen. */
  readonly start: (context: StartContext<Static<Schema>>) => Promise<HttpServer>
}

/** Connections that wait to be accepted. Of a crowd that comes back within a second, those beyond Node's default of 511 would wait another one to try again. */
const BACKLOG = 4_096

const SIGNALS = ['SIGTERM', 'SIGINT'] as const

/**
 * A service's whole life: configuration, start, listening, and an orderly end.
 *
 * SIGTERM or SIGINT: not ready → the port closes, what is under way is answered → parts close in reverse → exit 0, all
 * within SHUTDOWN_MS (after DRAIN_MS). A signal that comes again changes nothing: a terminal sends Ctrl-C to the whole
 * group, and a launcher passes it on besides. A start that fails says why in one line and exits 1; so does an error that
 * nobody caught. The start also fails if Redis refuses the database of REDIS_URL, but not if Redis is away.
 */
export async function runService<Schema extends ServiceSchema>(options: ServiceOptions<Schema>): Promise<void> {
  const { service, schema, start } = options
  const config = configOf(service, schema)
  const logger = createLogger({ service, level: config.LOG_LEVEL, secrets: secretsOf(config) })
  const lifetime = new Lifetime({ logger, each: config.SHUTDOWN_MS / 4 })
  const ended = endInOrder(lifetime, logger, config)

  try {
    if (typeof config['REDIS_URL'] === 'string') await checkRedisUrl(config['REDIS_URL'])
    const server = await start({ config, logger, lifetime, registry: createRegistry() })
    const patience = config.DRAIN_MS + config.SHUTDOWN_MS / 2
    lifetime.own('http server', () => closeServer(server, logger, patience), {
      within: patience + config.SHUTDOWN_MS / 4
    })
    if (ended.aborted) return
    await server.listen({
      host: config.HOST,
      port: config.PORT,
      backlog: BACKLOG,
      listenTextResolver: address => `listening at ${address}`
    })
  } catch (error) {
    logger.fatal({ err: error }, `cannot start: ${messageOf(error)}`)
    await lifetime.close()
    process.exit(1)
  }
}

function configOf<Schema extends ServiceSchema>(service: string, schema: Schema): Static<Schema> {
  try {
    return loadConfig(schema, process.env)
  } catch (error) {
    createLogger({ service, level: 'info' }).fatal(`cannot start: ${messageOf(error)}`)
    process.exit(1)
  }
}

/** @returns a signal that is aborted when the end begins */
function endInOrder(lifetime: Lifetime, logger: Logger, config: ServiceConfig): AbortSignal {
  const ending = new AbortController()
  const grace = closeWithGrace(
    {
      delay: config.DRAIN_MS + config.SHUTDOWN_MS,
      logger: false,
      skip: [...SIGNALS],
      onTimeout: ms => logger.error({ ms }, 'not closed in time')
    },
    async ({ err, signal }) => {
      if (err) logger.fatal({ err }, 'an error that nobody caught')
      logger.info({ signal }, 'closing')
      ending.abort()
      await lifetime.close()
      logger.info('closed')
    }
  )
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      if (!ending.signal.aborted) grace.close()
    })
  }
  return ending.signal
}

/** Answers what is under way; what takes longer than `patience` (ms) is cut. */
async function closeServer(server: HttpServer, logger: Logger, patience: number): Promise<void> {
  const timer = setTimeout(() => {
    logger.warn({ ms: patience }, 'requests are still under way: cut')
    server.server.closeAllConnections()
  }, patience)
  await server.close()
  clearTimeout(timer)
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
