import { writeFile } from 'node:fs/promises'
import { startNginx, startPostgres, startRedis } from '@tickstock/embedded-servers'
import { renderNginxConfig } from '@tickstock/nginx'
import getPort from 'get-port'
import { createDatabase } from './database.ts'
import type { ServicePorts } from './service.ts'
import type { Site } from './site.ts'

const onLoopback = (ports: readonly number[]) =>
  ports.map((port, index) => ({ host: '127.0.0.1', port, backup: index === ports.length - 1 }))

/** @returns the url of an embedded Redis that keeps its data */
export async function keepRedis({ folder, stack, log }: Site): Promise<string> {
  const port = await getPort({ host: '127.0.0.1' })
  const onLine = log('redis')
  await stack.keep('redis', () => startRedis({ dataDir: folder.path('redis'), port, persistence: 'everysec', onLine }))
  const url = `redis://127.0.0.1:${port}`
  // For the commands of operators: the port is another at each start.
  await writeFile(folder.path('redis-url'), `${url}\n`)
  return url
}

/** @returns the url of the owner of our database in an embedded Postgres that keeps its data */
export async function keepPostgres({ folder, stack, log, secrets }: Site): Promise<string> {
  const port = await getPort({ host: '127.0.0.1' })
  const onLine = log('postgres')
  let superuserUrl = ''
  await stack.keep('postgres', async () => {
    const server = await startPostgres({ dataDir: folder.path('postgres'), port, onLine })
    superuserUrl = server.url
    return server
  })
  return createDatabase(superuserUrl, secrets)
}

/** Puts nginx in front of the services, at the port that the user knows. */
export async function keepNginx({ folder, stack, log }: Site, port: number, services: ServicePorts): Promise<void> {
  const configuration = (port: number) =>
    renderNginxConfig({
      listen: `127.0.0.1:${port}`,
      upstreams: {
        patternQuery: onLoopback(services['pattern-query']),
        userUniverse: onLoopback(services['user-universe']),
        realtimeGateway: onLoopback(services['realtime-gateway'])
      },
      docsDir: folder.path('docs'),
      sdkDir: folder.path('sdk'),
      development: true,
      workerProcesses: 1
    })
  const onLine = log('nginx')
  await stack.keep('nginx', () => startNginx({ prefixDir: folder.path('nginx'), configuration, port, onLine }))
}
