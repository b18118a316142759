import pg from 'pg'
import { ordinaryUser } from './ordinary-user.ts'
import { openCluster, SUPERUSER } from './postgres-cluster.ts'
import { type PostgresBinaries, provisionPostgres } from './provision.ts'
import { type RunningServer, startServer } from './running-server.ts'

export interface PostgresOptions {
  /** Folder of the cluster and of the file with the superuser's password; made if missing. */
  readonly dataDir: string
  readonly port?: number | undefined
  /** False gives up safety for speed: for data that nobody needs after a crash. Default: true. */
  readonly durable?: boolean | undefined
  /** Server settings, e.g. `{ max_connections: '200' }`. */
  readonly settings?: Readonly<Record<string, string>> | undefined
  readonly binaries?: PostgresBinaries | undefined
  /** Milliseconds until it must answer; recovery after a crash takes time. Default: 60,000. */
  readonly within?: number | undefined
  readonly onLine?: ((line: string) => void) | undefined
}

/** `url` is the superuser's, with its password, to the database `postgres`. */
export type PostgresServer = RunningServer

const CARELESS = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }

/**
 * Starts Postgres on 127.0.0.1, over TCP alone, making its cluster the first time.
 * Throws `ProvisionError`, `StartError`, or an error that names the process that already runs on this folder.
 */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const { dataDir, port, durable = true, within = 60_000, onLine } = options
  const binaries = options.binaries ?? (await provisionPostgres())
  const user = await ordinaryUser()
  const { clusterDir, password } = await openCluster({ dataDir, durable, binaries, user })
  const url = (port: number) => `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/postgres`

  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    logging_collector: 'off',
    ...(durable ? {} : CARELESS),
    ...options.settings
  }
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const { path, env } = binaries.postgres

  return startServer({
    name: 'Postgres',
    port,
    within,
    url,
    process: port => ({
      command: user.command([path, '-D', clusterDir, '-p', `${port}`, ...flags]),
      ...user.ids,
      env,
      cwd: dataDir,
      // "Fast": ends the sessions and writes a checkpoint. SIGTERM would wait for every client to leave.
      stopSignal: 'SIGINT',
      stopWithin: 30_000,
      onLine
    }),
    probe: (port, pid) => answersAs(url(port), pid)
  })
}

async function answersAs(connectionString: string, pid: number) {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 2_000, query_timeout: 2_000 })
  client.on('error', () => {})
  try {
    await client.connect()
    const { rows } = await client.query("SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1) AS pid")
    if (rows[0]?.pid !== `${pid}`) throw new Error(`another Postgres, pid ${rows[0]?.pid}, has the port`)
  } finally {
    await client.end()
  }
}
