import { fileURLToPath } from 'node:url'
import { ready } from '@tickstock/contracts'
import { type RunningServer, startServer } from '@tickstock/embedded-servers'
import type { Teardown } from './teardown.ts'
import { WITHIN } from './until.ts'

export interface ServiceOptions {
  /** Folder name under `services/`, e.g. `pattern-query`. */
  readonly service: string
  /** Added to the inherited environment. `HOST` and `PORT` are set here. */
  readonly env?: Readonly<Record<string, string>>
  /** Runs `dist/main.js` instead of the source. */
  readonly built?: boolean
  /** Default: a free one. */
  readonly port?: number
  /** Milliseconds until it must be ready. Default: 60,000. */
  readonly within?: number
  /** Folder that holds the services. Default: the project's. */
  readonly servicesDir?: string
}

const SERVICES = fileURLToPath(new URL('../../../services', import.meta.url))

/**
 * One of the services as a process of its own, ready, and ended in an orderly way with the test. The environment is
 * inherited, so its coverage counts. A failure to start tells the last lines of its log.
 */
export async function startService(t: Teardown, options: ServiceOptions): Promise<RunningServer> {
  const { service, built = false, port, within = WITHIN, servicesDir = SERVICES } = options
  const entry = `${servicesDir}/${service}/${built ? 'dist/main.js' : 'src/main.ts'}`
  const conditions = built ? [] : ['--conditions=@tickstock/source']

  const started = await startServer({
    name: service,
    port,
    within,
    url: port => `http://127.0.0.1:${port}`,
    process: port => ({
      command: [process.execPath, ...conditions, entry],
      env: { ...options.env, HOST: '127.0.0.1', PORT: `${port}` },
      stopWithin: 30_000
    }),
    probe: async port => {
      const { status } = await fetch(`http://127.0.0.1:${port}${ready.url}`, { signal: AbortSignal.timeout(2_000) })
      if (status !== 200) throw new Error(`${ready.url} answers ${status}`)
    }
  })
  t.teardown(() => started.stop())
  return started
}
