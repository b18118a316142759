import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { embeddedDatabase } from './embedded-database.ts'
import { usualDataDir } from './options.ts'
import { program, root } from './project.ts'

const { env } = process

// The command of the producer, led to the database that npm start brought up where nothing else is said.
const args = process.argv.slice(2)
const own = env['DATABASE_URL'] || args.some(arg => arg === '--help' || /^--database(=|$)/.test(arg))
const database = own ? env['DATABASE_URL'] : await embeddedDatabase(usualDataDir(root))
const [command, ...rest] = program('packages/market-replay/src/main.ts', 'load-symbols', ...args)
const child = spawn(command, rest, { stdio: 'inherit', env: { ...env, ...(database && { DATABASE_URL: database }) } })
const [code] = await once(child, 'exit')
process.exitCode = typeof code === 'number' ? code : 1
