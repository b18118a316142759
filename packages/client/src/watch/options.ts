import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { CHANNELS, type Channel, type EventFilter, isChannel } from '@tickstock/contracts'

const STARTS = ['now', 'scan', 'snapshot', 'acknowledged'] as const

export interface WatchOptions {
  readonly url: string
  readonly channels: readonly Channel[]
  readonly filter: EventFilter
  readonly from: (typeof STARTS)[number]
  /** The server keeps under this name where the terminal was, for the user and this device. */
  readonly name: string | undefined
  readonly device: string | undefined
  /** File in which that is kept too. */
  readonly store: string | undefined
  readonly token: string | undefined
  readonly user: string | undefined
  readonly json: boolean
  /** Events to print before it ends. */
  readonly limit: number
}

/** The command line is not what `--help` says. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export const WATCH_HELP = `Prints live patterns until Ctrl-C. Nothing is missed: what cannot be had is told as a gap.

  npm run watch -- [options]

  --url URL             where the system answers (default: the one that npm start runs, else http://localhost:8080)
  --channel NAMES       daily, intraday, combo; comma-separated (default: all)
  --symbols NAMES       ticker symbols, comma-separated
  --patterns NAMES      pattern names, comma-separated
  --confidence-min N    0 to 1
  --from START          now (default). scan, snapshot: first the patterns that live now, read at once or page by page from the socket, then everything after
                        them. acknowledged: after what was printed last under this --name
  --name NAME           the server keeps under this name what was printed, for the user and the device
  --device NAME         which of the user's devices this is (default: one for all)
  --store FILE          what was printed is kept in this file, and the next run goes on there; begins at --from where the file has nothing.
                        With --from acknowledged it begins after the further of this position and the service's own
  --token TOKEN         bearer token (or the variable TICKSTOCK_TOKEN)
  --user NAME           instead of a token, where services run in development mode (default: watch)
  --json                one JSON object a line
  --limit N             end after N events
  --help                this
`

const DEFAULT_URL = 'http://localhost:8080'

const definitions = {
  url: { type: 'string' },
  channel: { type: 'string', multiple: true },
  symbols: { type: 'string', multiple: true },
  patterns: { type: 'string', multiple: true },
  'confidence-min': { type: 'string' },
  from: { type: 'string', default: 'now' },
  name: { type: 'string' },
  device: { type: 'string' },
  store: { type: 'string' },
  token: { type: 'string' },
  user: { type: 'string' },
  json: { type: 'boolean', default: false },
  limit: { type: 'string' },
  help: { type: 'boolean', default: false }
} as const

/**
 * @param urlFile where a running system has written its address
 * @throws UsageError
 */
export function watchOptions(args: readonly string[], env: NodeJS.ProcessEnv, urlFile: string): WatchOptions | 'help' {
  const { values } = parse(args)
  if (values.help) return 'help'
  const from = STARTS.find(start => start === values.from)
  if (from === undefined) throw new UsageError(`--from is any of ${STARTS.join(', ')}`)
  if (from === 'acknowledged' && values.name === undefined) throw new UsageError('--from acknowledged needs a --name')
  const token = values.token ?? env['TICKSTOCK_TOKEN']
  const symbols = names(values.symbols).map(symbol => symbol.toUpperCase())
  const patterns = names(values.patterns)
  const confidence = number('--confidence-min', values['confidence-min'], 0, 1)
  return {
    url: address(values.url ?? addressIn(urlFile) ?? DEFAULT_URL),
    channels: channels(names(values.channel)),
    filter: {
      ...(symbols.length > 0 && { symbols }),
      ...(patterns.length > 0 && { pattern_types: patterns }),
      ...(confidence !== undefined && { confidence_min: confidence })
    },
    from,
    name: keptName('--name', values.name),
    device: keptName('--device', values.device),
    store: values.store,
    token,
    user: values.user ?? (token === undefined ? 'watch' : undefined),
    json: values.json,
    limit: number('--limit', values.limit, 1, Number.MAX_SAFE_INTEGER) ?? Number.POSITIVE_INFINITY
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: definitions })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

const names = (lists: readonly string[] | undefined): string[] =>
  (lists ?? [])
    .flatMap(list => list.split(','))
    .map(name => name.trim())
    .filter(name => name !== '')

function channels(given: readonly string[]): readonly Channel[] {
  const known = given.map(name => name.toLowerCase()).filter(isChannel)
  if (known.length < given.length) throw new UsageError(`--channel is any of ${CHANNELS.join(', ')}`)
  return known.length > 0 ? known : CHANNELS
}

function keptName(option: string, text: string | undefined): string | undefined {
  if (text === undefined || /^[A-Za-z0-9._-]{1,64}$/.test(text)) return text
  throw new UsageError(`${option} is of letters, digits, ".", "_" and "-", at most 64`)
}

function number(option: string, text: string | undefined, least: number, most: number): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (text.trim() !== '' && value >= least && value <= most) return value
  throw new UsageError(`${option} is a number from ${least} to ${most}`)
}

function address(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') throw new UsageError(`--url is like ${DEFAULT_URL}`)
  return url.href
}

function addressIn(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim() || undefined
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
