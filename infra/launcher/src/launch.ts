import { writeDocs } from '@tickstock/api-docs'
import { writeSite } from '@tickstock/client-bundle'
import { provision } from '@tickstock/embedded-servers'
import { checkRedisUrl } from '@tickstock/event-log'
import { databaseUrls } from './database.ts'
import { frontPort, listenAtFront } from './front-port.ts'
import { runJob } from './job.ts'
import type { LaunchOptions } from './options.ts'
import { step } from './progress.ts'
import { program, root } from './project.ts'
import { countPatterns, keepReplay, untilPatternsFlow } from './replay.ts'
import { keepNginx, keepPostgres, keepRedis } from './servers.ts'
import { bundleServices, keepService, pickPorts } from './service.ts'
import type { Site } from './site.ts'

export interface Launched {
  readonly url: string
  /** What the user should know beside it. */
  readonly notes: readonly string[]
  /** Live patterns at the end of the start. */
  readonly patterns: number
}

/**
 * Brings everything up, each after what it needs. All that is started is on the site's stack, also when a later step fails.
 *
 * @throws the first error; its message is meant for a person
 */
export async function launch(options: LaunchOptions, site: Site): Promise<Launched> {
  const { secrets, folder, stack } = site
  const signal = stack.closing
  if (options.redisUrl !== undefined) await checkRedisUrl(options.redisUrl)
  // A port that is taken is refused before anything is started.
  const found = await frontPort(options.port)

  await step('Servers are here', report =>
    provision({ signal, onProgress: (server, detail) => report(`${server}: ${detail}`) })
  )
  const redisUrl = options.redisUrl ?? (await step('Redis', () => keepRedis(site)))
  const ownerUrl = options.databaseUrl ?? (await step('Postgres', () => keepPostgres(site)))
  const database = databaseUrls(ownerUrl, secrets)

  await step('Programs of the services', bundleServices)
  await step('Tables', () =>
    runJob({
      name: 'The migration',
      command: [process.execPath, `${root}/services/user-universe/dist/migrate.cjs`],
      env: {
        DATABASE_OWNER_URL: database.owner,
        DATABASE_READ_URL: database.reader,
        DATABASE_WRITE_URL: database.writer,
        DATABASE_RELAY_URL: database.relay,
        DATABASE_PRODUCER_URL: database.producer
      },
      onLine: site.log('migrate'),
      signal
    })
  )
  await step('Symbols', () =>
    runJob({
      name: 'Loading the symbols',
      command: program('packages/market-replay/src/main.ts', 'load-symbols', ...options.barsArgs),
      env: { DATABASE_URL: database.producer },
      onLine: site.log('load-symbols'),
      signal
    })
  )

  const ports = await pickPorts()
  await step('The API page and the SDK for browsers', () =>
    Promise.all([writeDocs(folder.path('docs')), writeSite(folder.path('sdk'))])
  )
  const front = await step('nginx', () => listenAtFront(found, options.port, port => keepNginx(site, port, ports)))
  const url = `http://localhost:${front.port}`
  const shared = {
    NODE_ENV: 'development',
    AUTH_MODE: 'development',
    AUTH_SECRET: secrets.authSecret,
    SERVICE_SECRET: secrets.serviceSecret,
    REDIS_URL: redisUrl,
    UNIVERSE_URL: `http://127.0.0.1:${front.port}`,
    PATTERNS_URL: `http://127.0.0.1:${front.port}`
  }
  await step('pattern-query, user-universe and realtime-gateway are ready', () =>
    Promise.all([
      keepService(site, {
        name: 'pattern-query',
        ports: ports['pattern-query'],
        env: shared
      }),
      keepService(site, {
        name: 'user-universe',
        ports: ports['user-universe'],
        env: {
          ...shared,
          DATABASE_READ_URL: database.reader,
          DATABASE_WRITE_URL: database.writer,
          DATABASE_RELAY_URL: database.relay
        }
      }),
      keepService(site, {
        name: 'realtime-gateway',
        ports: ports['realtime-gateway'],
        env: { ...shared, ALLOWED_ORIGINS: `${url},http://127.0.0.1:${front.port}` }
      })
    ])
  )

  if (options.replay) {
    await step('Market replay', async () => {
      await keepReplay(site, redisUrl, options.replayArgs)
      await untilPatternsFlow(url, folder.path('logs'), signal)
    })
  }
  return { url, notes: front.note === undefined ? [] : [front.note], patterns: await countPatterns(url) }
}
