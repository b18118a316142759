import { startServer } from '@tickstock/embedded-servers'
import getPort from 'get-port'
import { program } from './project.ts'
import type { Site } from './site.ts'

const PROBE_WITHIN = 2_000
const READY_WITHIN = 30_000

const SERVICES = ['pattern-query', 'user-universe', 'realtime-gateway'] as const

type ServiceName = (typeof SERVICES)[number]

/** A service keeps its port when it is started again, so that nginx finds it. */
export type ServicePorts = Readonly<Record<ServiceName, number>>

export async function pickPorts(): Promise<ServicePorts> {
  const port = () => getPort({ host: '127.0.0.1' })
  return { 'pattern-query': await port(), 'user-universe': await port(), 'realtime-gateway': await port() }
}

export interface ServiceOptions {
  readonly name: ServiceName
  readonly port: number
  readonly env: Readonly<Record<string, string>>
}

/** Starts a service as a process of its own, waits until it says that it is ready, and keeps it running. */
export async function keepService({ stack, log }: Site, { name, port, env }: ServiceOptions): Promise<void> {
  const onLine = log(name)
  await stack.keep(name, () =>
    startServer({
      name,
      port,
      within: READY_WITHIN,
      url: port => `http://127.0.0.1:${port}`,
      process: port => ({
        command: program(`services/${name}/src/main.ts`),
        env: { ...env, HOST: '127.0.0.1', PORT: `${port}` },
        onLine
      }),
      probe
    })
  )
}

async function probe(port: number): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${port}/health/ready`, { signal: AbortSignal.timeout(PROBE_WITHIN) })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`it answers ${answer.status}: ${text.slice(0, 300)}`)
}
