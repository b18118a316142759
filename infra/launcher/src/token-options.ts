import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { SCOPES, type Scope } from '@tickstock/contracts'
import { isUser } from '@tickstock/service-kit'
import { UsageError, usualDataDir } from './options.ts'

export interface TokenOptions {
  readonly user: string
  /** What it is restricted to; undefined for all that the user may. */
  readonly scopes: readonly Scope[] | undefined
  /** s */
  readonly ttl: number
  readonly dataDir: string
}

export const TOKEN_HELP = `Usage: npm run --silent token -- --user NAME [options]

Prints a token for development: what a user's requests carry as "Authorization: Bearer TOKEN".

  --user NAME     whose token it is
  --scope SCOPES  what it may do, separated by spaces or commas: ${SCOPES.join(', ')} (default: all that the user may)
  --ttl TIME      how long it holds, as 90s, 15m, 1h or 7d (default: 1h, at most 30d)
  --data DIR      the data folder of npm start, whose secret signs it (default: .data)
  --help          this text

Environment
  AUTH_SECRET     signs it instead of the data folder's secret: the one that the services have
  AUTH_ISSUER     said in it, where the services ask for it
  AUTH_AUDIENCE   said in it, where the services ask for it

Not with NODE_ENV=production: there tokens come from whoever knows the users.
`

/** @throws UsageError */
export function parseTokenOptions(args: readonly string[], root: string): TokenOptions | 'help' {
  const { help, user, scope, ttl = '1h', data } = parse(args)
  if (help) return 'help'
  if (!isUser(user)) {
    throw new UsageError('--user is 1 to 128 letters, digits or . _ @ : | - and does not begin with service:')
  }
  return {
    user,
    scopes: scope === undefined ? undefined : scopesOf(scope),
    ttl: secondsOf(ttl),
    dataDir: data === undefined ? usualDataDir(root) : resolve(data)
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        user: { type: 'string' },
        scope: { type: 'string' },
        ttl: { type: 'string' },
        data: { type: 'string' },
        help: { type: 'boolean', short: 'h' }
      }
    }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function scopesOf(text: string): Scope[] {
  return text
    .split(/[\s,]+/)
    .filter(Boolean)
    .map(name => SCOPES.find(scope => scope === name) ?? refuse(`--scope is of ${SCOPES.join(', ')}, not "${name}"`))
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 }
const LONGEST = 30 * 86_400

function secondsOf(text: string): number {
  const [, count, unit = ''] = /^(\d{1,8})([smhd])$/.exec(text) ?? []
  const seconds = Number(count) * (UNITS[unit] ?? Number.NaN)
  return seconds >= 1 && seconds <= LONGEST
    ? seconds
    : refuse(`--ttl is a time as 90s, 15m, 1h or 7d, at most 30d, not "${text}"`)
}

function refuse(reason: string): never {
  throw new UsageError(reason)
}
