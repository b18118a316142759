import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { producerUrl } from './database.ts'
import { hasCode } from './error-code.ts'
import { usualDataDir } from './options.ts'
import { program, root } from './project.ts'
import { keptSecrets } from './secrets.ts'

const { env } = process

// The command of the producer, led to the database that npm start brought up where nothing else is said.
const args = process.argv.slice(2)
const own = env['DATABASE_URL'] || args.some(arg => arg === '--help' || /^--database(=|$)/.test(arg))
const database = own ? env['DATABASE_URL'] : await embeddedDatabase(usualDataDir(root))
const [command, ...rest] = program('packages/market-replay/src/main.ts', 'load-symbols', ...args)
const child = spawn(command, rest, { stdio: 'inherit', env: { ...env, ...(database && { DATABASE_URL: database }) } })
const [code] = await once(child, 'exit')
process.exitCode = typeof code === 'number' ? code : 1

/** The url of the producer's role in the Postgres that runs on a data folder; undefined where none does. */
async function embeddedDatabase(dataDir: string): Promise<string | undefined> {
  const [secrets, pidFile] = await Promise.all([
    keptSecrets(join(dataDir, 'secrets.json')),
    readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').catch(unlessMissing)
  ])
  // Postgres writes its port into the fourth line.
  const port = pidFile?.split('\n')[3]
  if (secrets?.producerPassword === undefined || port === undefined) return undefined
  return producerUrl(`postgres://127.0.0.1:${port}/tickstock`, secrets.producerPassword)
}

function unlessMissing(error: unknown): undefined {
  if (!hasCode(error, 'ENOENT')) throw error
}
