import { startServer } from '@tickstock/embedded-servers'
import { freshBundle, SERVICES, type ServiceName } from '@tickstock/service-bundle'
import getPort from 'get-port'
import { root } from './project.ts'
import type { Site } from './site.ts'

const PROBE_WITHIN = 2_000
const READY_WITHIN = 30_000

/** How many run of each. Of two that hear the producers, one hears what is published while the other is down. */
const REPLICAS: Readonly<Record<ServiceName, number>> = {
  'pattern-query': 2,
  'user-universe': 1,
  'realtime-gateway': 1
}

/** The ports of a service, which nginx knows: one for each replica, and the last for a successor. */
export type ServicePorts = Readonly<Record<ServiceName, readonly number[]>>

export async function pickPorts(): Promise<ServicePorts> {
  const ports = async (service: ServiceName) =>
    Promise.all(Array.from({ length: REPLICAS[service] + 1 }, () => getPort({ host: '127.0.0.1' })))
  return {
    'pattern-query': await ports('pattern-query'),
    'user-universe': await ports('user-universe'),
    'realtime-gateway': await ports('realtime-gateway')
  }
}

/** Bundles the services, unless that was done since they changed. */
export async function bundleServices(): Promise<void> {
  for (const service of SERVICES) await freshBundle(root, service)
}

export interface ServiceOptions {
  readonly name: ServiceName
  readonly ports: readonly number[]
  readonly env: Readonly<Record<string, string>>
}

/** Starts the replicas of a service, waits until they are ready, and keeps them running. */
export async function keepService(site: Site, { name, ports, env }: ServiceOptions): Promise<void> {
  const free = [...ports]
  const start = async (onLine: (line: string) => void) => {
    const port = free.shift()
    if (port === undefined) throw new Error(`no port is left for ${name}`)
    const giveBack = () => {
      free.push(port)
      free.sort((a, b) => ports.indexOf(a) - ports.indexOf(b))
    }
    try {
      const bundle = await freshBundle(root, name)
      const running = await startServer({
        name,
        port,
        within: READY_WITHIN,
        url: port => `http://127.0.0.1:${port}`,
        process: port => ({
          command: [process.execPath, `${bundle}/main.cjs`],
          env: { ...env, HOST: '127.0.0.1', PORT: `${port}` },
          onLine
        }),
        probe
      })
      running.exited.then(giveBack)
      return running
    } catch (error) {
      giveBack()
      throw error
    }
  }
  await Promise.all(
    Array.from({ length: REPLICAS[name] }, async (_, index) => {
      const replica = index === 0 ? name : `${name}-${index + 1}`
      const onLine = site.log(replica)
      await site.stack.keep(replica, () => start(onLine), { replaceable: true })
    })
  )
}

async function probe(port: number): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${port}/health/ready`, { signal: AbortSignal.timeout(PROBE_WITHIN) })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`it answers ${answer.status}: ${text.slice(0, 300)}`)
}
