import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { requireRedisUrl } from '@tickstock/event-log'

export interface LaunchOptions {
  /** The port asked for; undefined where any will do. */
  readonly port: number | undefined
  readonly dataDir: string
  readonly fresh: boolean
  readonly replay: boolean
  /** Options of the replay, as its command line takes them. */
  readonly replayArgs: readonly string[]
  /** Where real bars lie, as the replay and the loading of symbols take it; empty for none. */
  readonly barsArgs: readonly string[]
  /** The user's own servers, instead of embedded ones. */
  readonly redisUrl: string | undefined
  readonly databaseUrl: string | undefined
}

/** The command line is wrong; the message says what and is meant for a person. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export const HELP = `Usage: npm start -- [options]

Brings up the whole system: Redis, Postgres and nginx on free ports, the three services, and a replay of market data.

  --port N        serve everything at this port (default: 8080, else the next free one; also PORT)
  --data DIR      where data, logs and secrets are kept (default: .data)
  --fresh         begin with empty data
  --no-replay     start no market replay: no patterns but those that you publish
  --rate N        events a second of the replay (default: 20)
  --symbols N     symbols of the replay (default: 500)
  --to WAY        how the replay publishes: inbox, durable, or pubsub, at most once (default: inbox)
  --bars DIR      replay your own bars: one CSV a symbol, with date, open, high, low, close, volume
  --help          this text

Environment
  PORT            as --port
  REDIS_URL       use this Redis instead of an embedded one
  DATABASE_URL    use this Postgres instead of an embedded one: a role that may create tables and roles in it
  LOG_LEVEL       how much the services write to DIR/logs (default: info)

Ctrl-C stops everything, in order.
`

/** Where data is kept unless something else is said; `npm run watch` looks there. */
export const usualDataDir = (root: string): string => resolve(root, '.data')

/**
 * @param root folder of the project; relative folders of the command line are relative to the working directory, which `npm start` makes this one
 * @throws UsageError, RedisUrlError
 */
export function parseOptions(args: readonly string[], env: NodeJS.ProcessEnv, root: string): LaunchOptions | 'help' {
  const values = parse(args)
  if (values.help) return 'help'

  const port = values.port ?? env['PORT']
  const barsArgs = values.bars === undefined ? [] : ['--bars', resolve(values.bars)]
  const replayArgs = [
    '--to',
    oneOf('--to', values.to ?? 'inbox', ['inbox', 'pubsub']),
    ...(values.rate === undefined ? [] : ['--rate', `${wholeNumber('--rate', values.rate, 1, 5_000)}`]),
    ...(values.symbols === undefined ? [] : ['--symbols', `${wholeNumber('--symbols', values.symbols, 1, 4_000)}`]),
    ...barsArgs
  ]
  return {
    port: port === undefined || port === '' ? undefined : wholeNumber('the port', port, 1, 65_535),
    dataDir: values.data === undefined ? usualDataDir(root) : resolve(values.data),
    fresh: values.fresh ?? false,
    replay: values.replay ?? true,
    replayArgs,
    barsArgs,
    redisUrl: env['REDIS_URL'] ? requireRedisUrl(env['REDIS_URL']) : undefined,
    databaseUrl: url('DATABASE_URL', env['DATABASE_URL'], ['postgres:', 'postgresql:'])
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowNegative: true,
      options: {
        port: { type: 'string' },
        data: { type: 'string' },
        fresh: { type: 'boolean' },
        replay: { type: 'boolean' },
        rate: { type: 'string' },
        symbols: { type: 'string' },
        to: { type: 'string' },
        bars: { type: 'string' },
        help: { type: 'boolean', short: 'h' }
      }
    }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function wholeNumber(what: string, text: string, least: number, most: number): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < least || value > most) {
    throw new UsageError(`${what} is a whole number from ${least} to ${most}, not "${text}"`)
  }
  return value
}

function oneOf(what: string, text: string, choices: readonly string[]): string {
  if (choices.includes(text)) return text
  throw new UsageError(`${what} is ${choices.join(' or ')}, not "${text}"`)
}

function url(name: string, text: string | undefined, protocols: readonly string[]): string | undefined {
  if (text === undefined || text === '') return undefined
  // The value may hold a password: it is never repeated.
  if (!URL.canParse(text) || !protocols.includes(new URL(text).protocol)) {
    throw new UsageError(`${name} is not a URL that begins with ${protocols.map(p => `${p}//`).join(' or ')}`)
  }
  return text
}
