import { mkdir, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { Executable } from './executable.ts'
import { provisionRedis } from './provision.ts'
import { type RunningServer, startServer } from './running-server.ts'

export interface RedisOptions {
  /** Folder of its data and its `redis.conf`; made if missing. */
  readonly dataDir: string
  readonly port?: number | undefined
  /**
   * `always`: append-only file, written before anybody is told. `everysec`: at most a second lost with the machine; with the process alone what a slow disk
   * held up, two seconds at most. Default: `none`.
   */
  readonly persistence?: 'always' | 'everysec' | 'none' | undefined
  /** More lines of its `redis.conf`. The last of two that say the same holds. */
  readonly settings?: readonly string[] | undefined
  readonly binary?: Executable | undefined
  /** Milliseconds until it must answer; loading a large file takes time. Default: 30,000. */
  readonly within?: number | undefined
  readonly onLine?: ((line: string) => void) | undefined
}

export type RedisServer = RunningServer

/** Starts Redis on 127.0.0.1. Provisions it unless given a binary. Throws `ProvisionError`, `StartError`. */
export async function startRedis(options: RedisOptions): Promise<RedisServer> {
  const { dataDir, persistence = 'none', settings = [] } = options
  const config = [...configuration({ dataDir, persistence }), ...settings, '']
  return startConfigured('redis.conf', config, [], options)
}

/** Starts a Sentinel on 127.0.0.1. `settings` say what it watches; it writes what it learns into its `sentinel.conf`. Throws as {@link startRedis}. */
export async function startRedisSentinel(options: Omit<RedisOptions, 'persistence'>): Promise<RedisServer> {
  const { dataDir, settings = [] } = options
  return startConfigured('sentinel.conf', [...common(dataDir), ...settings, ''], ['--sentinel'], options)
}

async function startConfigured(file: string, lines: readonly string[], args: readonly string[], options: RedisOptions) {
  const { dataDir, port, within = 30_000, onLine } = options
  const { path, env } = options.binary ?? (await provisionRedis())
  const configPath = join(dataDir, file)
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  await writeFile(configPath, lines.join('\n'), { mode: 0o600 })

  return startServer({
    name: 'Redis',
    port,
    within,
    url: port => `redis://127.0.0.1:${port}`,
    process: port => ({ command: [path, configPath, '--port', `${port}`, ...args], env, cwd: dataDir, onLine }),
    probe: answersAs
  })
}

const common = (dataDir: string) => ['bind 127.0.0.1', 'daemonize no', 'logfile ""', `dir ${JSON.stringify(dataDir)}`]

function configuration({ dataDir, persistence }: { dataDir: string; persistence: 'always' | 'everysec' | 'none' }) {
  return [
    ...common(dataDir),
    // A stream that is the truth must never be evicted: better that a write fails and is seen.
    'maxmemory-policy noeviction',
    // By default a subscriber that is 32 MB behind is cut, and what it had not read is lost: 60,000 events in a burst are as much.
    'client-output-buffer-limit pubsub 256mb 128mb 60',
    'save ""',
    `appendonly ${persistence === 'none' ? 'no' : 'yes'}`,
    'appendfsync everysec'
  ]
}

/** Asks for the pid rather than a PONG: another Redis may have taken the port meanwhile. */
async function answersAs(port: number, pid: number) {
  const info = await ask(port, 'INFO server\r\nPING\r\n', /\+PONG|^-/m)
  if (!info.includes(`process_id:${pid}\r\n`) || !info.includes('+PONG'))
    throw new Error(`Redis answers ${info.slice(0, 80)}`)
}

function ask(port: number, question: string, complete: RegExp) {
  return new Promise<string>((resolve, reject) => {
    let answer = ''
    const socket = connect({ host: '127.0.0.1', port, timeout: 2_000 })
    socket
      .setEncoding('utf8')
      .on('connect', () => socket.write(question))
      .on('data', chunk => {
        answer += chunk
        if (!complete.test(answer)) return
        socket.destroy()
        resolve(answer)
      })
      .on('timeout', () => socket.destroy(new Error('no answer within 2 s')))
      .on('error', reject)
      .on('close', () => reject(new Error('the connection was closed')))
  })
}
