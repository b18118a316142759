import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { portOfCluster } from '@tickstock/embedded-servers'
import { producerUrl } from './database.ts'
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
  const secrets = await keptSecrets(join(dataDir, 'secrets.json'))
  const port = await portOfCluster(join(dataDir, 'postgres'))
  if (secrets?.producerPassword === undefined || port === undefined) return undefined
  return producerUrl(`postgres://127.0.0.1:${port}/tickstock`, secrets.producerPassword)
}
