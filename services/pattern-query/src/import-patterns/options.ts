import { parseArgs } from 'node:util'
import { CHANNELS, type Channel, isChannel } from '@tickstock/contracts'
import { redisUrl } from '../command-line/redis-connection.ts'
import { UsageError } from '../command-line/usage-error.ts'

export const IMPORT_HELP = `Brings a file of events, one JSON object a line in any shape that producers use, into the durable inbox.

  npm run import-patterns -- FILE [options]      FILE is a path, or - for standard input

  --channel NAME   daily, intraday or combo, for events that do not say it themselves
  --dry-run        only check the lines: nothing is sent, and no Redis is needed
  --quiet          no progress
  --redis URL      (default: REDIS_URL, else that of the running npm start, else redis://127.0.0.1:6379)
  --help           this

Each line that cannot be understood is told with its number and the reason; the others are sent all the same, and the exit code is 1.
An import that broke off is simply begun again: events that are in the log already, by flow_id or by content and time, are left out
for as long as the log knows them (DEDUP_WINDOW_MS, 24 hours).
`

export interface ImportOptions {
  /** A path, or `-`. */
  readonly file: string
  readonly channel: Channel | undefined
  readonly dryRun: boolean
  readonly quiet: boolean
  readonly redis: string
}

const definitions = {
  channel: { type: 'string' },
  'dry-run': { type: 'boolean', default: false },
  quiet: { type: 'boolean', default: false },
  redis: { type: 'string' },
  help: { type: 'boolean', default: false }
} as const

/** @throws UsageError */
export function importOptions(args: readonly string[], env: NodeJS.ProcessEnv): ImportOptions | 'help' {
  const { values, positionals } = parse(args)
  if (values.help) return 'help'
  const [file, ...more] = positionals
  if (file === undefined || more.length > 0) throw new UsageError('One FILE is needed, or - for standard input')
  const channel = values.channel?.toLowerCase()
  if (channel !== undefined && !isChannel(channel)) throw new UsageError(`--channel is one of ${CHANNELS.join(', ')}`)
  return { file, channel, dryRun: values['dry-run'], quiet: values.quiet, redis: redisUrl(values.redis, env) }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: definitions, allowPositionals: true })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}
