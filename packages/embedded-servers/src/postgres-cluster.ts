import { randomBytes } from 'node:crypto'
import { access, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { execa } from 'execa'
import type { ServerUser } from './ordinary-user.ts'
import type { PostgresBinaries } from './provision.ts'

export const SUPERUSER = 'postgres'

export interface ClusterOptions {
  readonly dataDir: string
  readonly durable: boolean
  readonly binaries: PostgresBinaries
  readonly user: ServerUser
}

export interface Cluster {
  readonly clusterDir: string
  readonly password: string
}

/** The cluster in a data folder, made by initdb the first time. Whatever ends us midway, the next call starts afresh. */
export async function openCluster(options: ClusterOptions): Promise<Cluster> {
  const { dataDir, user } = options
  const clusterDir = join(dataDir, 'cluster')
  const passwordPath = join(dataDir, 'superuser-password')
  // Parents as usual: a user other than us may have to pass through them.
  await mkdir(dirname(dataDir), { recursive: true })
  await mkdir(dataDir, { recursive: true, mode: 0o700 })

  if (!(await exists(clusterDir))) {
    await writeFile(passwordPath, randomBytes(24).toString('base64url'), { mode: 0o600 })
    await user.own(dataDir)
    await initialise(options, { clusterDir, passwordPath })
  }
  await user.own(dataDir)
  await user.own(clusterDir)
  await forgetStalePid(clusterDir)
  return { clusterDir, password: await readFile(passwordPath, 'utf8') }
}

async function initialise(options: ClusterOptions, paths: { clusterDir: string; passwordPath: string }) {
  const { binaries, user, dataDir, durable } = options
  const draft = `${paths.clusterDir}.draft`
  await rm(draft, { recursive: true, force: true })

  const [file, ...args] = user.command([
    binaries.initdb.path,
    `--pgdata=${draft}`,
    `--username=${SUPERUSER}`,
    `--pwfile=${paths.passwordPath}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    // Built into Postgres: the machine need not know it, and the order of text never changes with its libc.
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--locale=C',
    '--no-instructions',
    ...(durable ? [] : ['--no-sync', '--wal-segsize=1'])
  ])
  await execa(file, args, {
    cwd: dataDir,
    env: binaries.initdb.env,
    ...user.ids
  })
  await rename(draft, paths.clusterDir)
}

/** Where the Postgres that runs on a data folder listens; undefined where none does. Postgres writes it into a fourth line. */
export async function portOfCluster(dataDir: string): Promise<number | undefined> {
  const file = await readFile(join(dataDir, 'cluster', 'postmaster.pid'), 'utf8').catch(() => '')
  return Number(file.split('\n')[3]) || undefined
}

/**
 * After a SIGKILL the file of the postmaster's pid stays. Postgres sees through that itself, except where another
 * process got the same pid meanwhile (likely after a reboot, or in a container): then it would refuse to start.
 */
async function forgetStalePid(clusterDir: string) {
  const path = join(clusterDir, 'postmaster.pid')
  const pid = Number.parseInt(await readFile(path, 'utf8').catch(() => ''), 10)
  if (Number.isNaN(pid)) return

  const command = await commandOf(pid)
  if (command.includes(clusterDir)) {
    throw new Error(`Postgres already runs on ${clusterDir} with pid ${pid}: stop it with "kill -INT ${pid}"`)
  }
  await rm(path, { force: true })
}

/** The command line of a process, empty where there is none or it is a zombie. */
async function commandOf(pid: number) {
  if (process.platform === 'linux') return readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  return (await execa('ps', ['-o', 'command=', '-p', `${pid}`], { reject: false })).stdout
}

async function exists(path: string) {
  return access(path).then(
    () => true,
    () => false
  )
}
