import { fileURLToPath } from 'node:url'
import { ready } from '@tickstock/contracts'
import { type RunningServer, startServer } from '@tickstock/embedded-servers'
import { freshBundle, type ServiceName } from '@tickstock/service-bundle'
import type { Teardown } from './teardown.ts'
import { WITHIN } from './until.ts'

interface Start {
  /** Added to the inherited environment. `HOST` and `PORT` are set here. */
  readonly env?: Readonly<Record<string, string>>
  /** Default: a free one. */
  readonly port?: number
  /** Milliseconds until it must be ready. Default: 120,000. */
  readonly within?: number
}

export interface ServiceOptions extends Start {
  readonly service: ServiceName
  /** Folder of the workspace. Default: this one. */
  readonly root?: string
  /** Runs the source instead of the bundle: it starts more slowly, and its coverage counts. */
  readonly fromSource?: boolean
}

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

/** One of the services as a process of its own, from its bundle, as {@link startProgram}. */
export async function startService(t: Teardown, options: ServiceOptions): Promise<RunningServer> {
  const { service, root = ROOT, fromSource = false, ...start } = options
  const command = fromSource
    ? ['--conditions=@tickstock/source', `${root}/services/${service}/src/main.ts`]
    : [`${await freshBundle(root, service)}/main.cjs`]
  return startProgram(t, { ...start, name: service, command })
}

export interface ProgramOptions extends Start {
  readonly name: string
  /** Arguments of Node. */
  readonly command: readonly string[]
}

/**
 * A program that answers like a service, ready, and ended in an orderly way with the test. A failure to start reports the last lines of
 * its log.
 */
export async function startProgram(t: Teardown, options: ProgramOptions): Promise<RunningServer> {
  const { name, command, env, port, within = WITHIN } = options
  const started = await startServer({
    name,
    port,
    within,
    url: port => `http://127.0.0.1:${port}`,
    process: port => ({
      command: [process.execPath, ...command],
      env: { ...env, HOST: '127.0.0.1', PORT: `${port}` },
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
