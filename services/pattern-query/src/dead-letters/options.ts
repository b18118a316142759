import { parseArgs } from 'node:util'
import { redisUrl } from '../command-line/redis-connection.ts'
import { UsageError } from '../command-line/usage-error.ts'
import type { LetterFilter } from '../stores/kept-letters.ts'

export const DEAD_LETTERS_HELP = `What producers sent and could not be understood: lists, shows and replays it.

  npm run dead-letters -- [list] [options]       the newest first
  npm run dead-letters -- show ID [options]      one of them whole, with its bytes
  npm run dead-letters -- replay ID … [options]  back into the inbox, byte for byte; or --reason, --since, --all

  --reason NAME   only those refused for it: confidence, time, not_json …
  --since TIME    only those refused since: 90s, 15m, 2h, 7d ago, or an ISO time
  --limit N       list so many (default: 20)
  --before ID     list those older than this one: the next page
  --all           replay: every one of them
  --dry-run       replay: say what would be done
  --json          list: one JSON object a line; show: one, its bytes as base64
  --raw           show: nothing but the bytes
  --redis URL     (default: REDIS_URL, else that of the running npm start, else redis://127.0.0.1:6379)
  --help          this

A replay may be repeated: the log has each event once. What was cut, being over 64 KiB, cannot be replayed.
`

interface Common {
  readonly redis: string
}

export interface ListOptions extends Common {
  readonly command: 'list'
  readonly filter: LetterFilter
  readonly limit: number
  readonly before: string | undefined
  readonly json: boolean
}

export interface ShowOptions extends Common {
  readonly command: 'show'
  readonly id: string
  readonly as: 'text' | 'json' | 'raw'
}

export interface ReplayOptions extends Common {
  readonly command: 'replay'
  /** Those of these ids; else those that the filter leaves. */
  readonly ids: readonly string[]
  readonly filter: LetterFilter
  readonly dryRun: boolean
}

export type DeadLettersOptions = ListOptions | ShowOptions | ReplayOptions

const definitions = {
  reason: { type: 'string' },
  since: { type: 'string' },
  limit: { type: 'string', default: '20' },
  before: { type: 'string' },
  all: { type: 'boolean', default: false },
  'dry-run': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  raw: { type: 'boolean', default: false },
  redis: { type: 'string' },
  help: { type: 'boolean', default: false }
} as const

/**
 * @param now ms, for times that are ago
 * @throws UsageError
 */
export function deadLettersOptions(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  now: number
): DeadLettersOptions | 'help' {
  const { values, positionals } = parse(args)
  if (values.help) return 'help'
  const [command = 'list', ...ids] = positionals
  for (const id of [...ids, ...(values.before === undefined ? [] : [values.before])]) checkId(id)
  const redis = redisUrl(values.redis, env)
  const filter = { reason: values.reason, since: values.since === undefined ? undefined : timeOf(values.since, now) }
  switch (command) {
    case 'list':
      if (ids.length > 0) throw new UsageError('list takes no id: use show ID')
      return { command, redis, filter, limit: count(values.limit), before: values.before, json: values.json }
    case 'show': {
      const [id, ...more] = ids
      if (id === undefined || more.length > 0) throw new UsageError('show takes one id')
      if (values.json && values.raw) throw new UsageError('--json and --raw exclude each other')
      return { command, redis, id, as: values.raw ? 'raw' : values.json ? 'json' : 'text' }
    }
    case 'replay': {
      const isFiltered = filter.reason !== undefined || filter.since !== undefined
      if ([ids.length > 0, isFiltered, values.all].filter(Boolean).length !== 1) {
        throw new UsageError('replay takes ids, or --reason and --since, or --all')
      }
      return { command, redis, ids, filter, dryRun: values['dry-run'] }
    }
    default:
      throw new UsageError(`There is no command '${command}'`)
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: definitions, allowPositionals: true })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function checkId(id: string): void {
  if (!/^\d{1,15}-\d{1,15}$/.test(id)) throw new UsageError(`'${id}' is not an id as list shows it`)
}

function count(text: string): number {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value >= 1) return value
  throw new UsageError('--limit is a whole number of at least 1')
}

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

function timeOf(text: string, now: number): number {
  const [, number, unit = ''] = /^(\d{1,9})([smhd])$/.exec(text) ?? []
  if (number !== undefined) return Math.max(0, now - Number(number) * (UNITS[unit] ?? 0))
  const time = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN
  if (time >= 0) return time
  throw new UsageError(`--since is like 15m, 2h or 2026-01-31T09:30Z, not '${text}'`)
}
