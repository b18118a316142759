import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { Executable } from './executable.ts'
import { ordinaryUser } from './ordinary-user.ts'
import { provisionNginx } from './provision.ts'
import { type RunningServer, startServer } from './running-server.ts'

export interface NginxOptions {
  /** Folder that relative paths of the configuration start from; `nginx.conf` and the pid file are written here. */
  readonly prefixDir: string
  /** The text of `nginx.conf`, which must listen on this port of 127.0.0.1 (or of every address). */
  readonly configuration: (port: number) => string
  /** Default: a free one. */
  readonly port?: number | undefined
  readonly binary?: Executable | undefined
  /** Milliseconds until it must listen. Default: 30,000. */
  readonly within?: number | undefined
  readonly onLine?: ((line: string) => void) | undefined
}

export type NginxServer = RunningServer

/**
 * Starts nginx with a configuration that must leave `daemon`, `pid` and `user` to us, and should set the temporary
 * paths (`client_body_temp_path` …) relative to the prefix. Throws `ProvisionError`, `StartError`.
 */
export async function startNginx(options: NginxOptions): Promise<NginxServer> {
  const { prefixDir, configuration, port, within = 30_000, onLine } = options
  const { path, env } = options.binary ?? (await provisionNginx())
  const user = await ordinaryUser()
  const configPath = join(prefixDir, 'nginx.conf')
  const command = nginxCommand(path, { prefixDir, configPath })
  await mkdir(prefixDir, { recursive: true })
  await user.own(prefixDir)

  return startServer({
    name: 'nginx',
    port,
    within,
    url: port => `http://127.0.0.1:${port}`,
    process: async port => {
      await writeFile(configPath, configuration(port))
      return { command: user.command(command), ...user.ids, env, cwd: prefixDir, onLine }
    },
    probe: (port, pid) => listensAs(port, pid, prefixDir)
  })
}

function nginxCommand(path: string, { prefixDir, configPath }: { prefixDir: string; configPath: string }) {
  const globals = 'daemon off; pid nginx.pid; error_log stderr notice;'
  return [path, '-p', prefixDir, '-c', configPath, '-e', 'stderr', '-g', globals] as const
}

/** nginx writes its pid once its sockets are bound: a port that answers alone could be another server's. */
async function listensAs(port: number, pid: number, prefixDir: string) {
  const written = await readFile(join(prefixDir, 'nginx.pid'), 'utf8')
  if (written.trim() !== `${pid}`) throw new Error(`its pid file names ${written.trim()}`)

  await new Promise<void>((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: 2_000 })
    socket
      .on('connect', () => {
        socket.destroy()
        resolve()
      })
      .on('timeout', () => socket.destroy(new Error('no connection within 2 s')))
      .on('error', reject)
  })
}
