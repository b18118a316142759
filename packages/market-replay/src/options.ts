import { parseArgs } from 'node:util'
import { requireRedisUrl } from '@tickstock/event-log'

/** The command line cannot be understood: what is wrong with it. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Where the URL of Redis comes from, for a person. */
export const REDIS_SETTING = 'REDIS_URL or --redis'

const DEFAULT_RATE = 20
const LARGEST_RATE = 5_000

export const HELP = `market-replay: real market bars, replayed as if they were now. Stands in for TickStockPL.

Usage
  main.ts [options]                 find patterns in bars and publish them to Redis
  main.ts load-symbols [options]    load symbols and their names into Postgres: see load-symbols --help

Replay
  --redis URL      where to publish            (REDIS_URL, else redis://127.0.0.1:6379)
  --to WAY         pubsub: at most once, or inbox: durable          (pubsub)
  --rate N         events a second, 0.01 to ${LARGEST_RATE}                       (${DEFAULT_RATE})
  --speed X        let bars pass X times as fast as they did; --rate then is the upper limit
  --backlog N      events published at once at the start            (6000; 0 with --once)
  --limit N        stop after N events
  --once, --loop   end at the last bar, or start over               (--loop)

Bars
  --symbols N      how many symbols beside the index                (500; all with --bars)
  --days N         how many trading days, up to the last            (504; all with --bars)
  --intraday N     symbols watched in five-minute bars each day     (8; 0 with --bars: they are synthetic)
  --bars DIR       your own daily bars: one CSV a symbol, columns date|time|timestamp, open, high, low, close
                   [, adjusted_close] [, volume] [, split]
  --seed TEXT      of the derived series                            (tickstock)

Events
  --variety        rotate through the shapes that producers have used
  --run TEXT       name of the run: same seed and run, same flow ids (the time of the start)

  --quiet          no line of progress
  --help           this text

Only the index (SPX) is real by default. The other series bear names of real companies, but are derived from the
index by a seeded bootstrap: their events say "synthetic": true.
`

export interface ReplayCommand {
  readonly command: 'replay'
  readonly redis: string
  readonly to: 'pubsub' | 'inbox'
  readonly rate: number
  readonly speed: number | undefined
  readonly backlog: number
  readonly limit: number
  readonly loop: boolean
  /** Infinity: all there are. */
  readonly symbols: number
  readonly days: number
  readonly intraday: number
  readonly bars: string | undefined
  readonly seed: string
  readonly run: string
  readonly variety: boolean
  readonly quiet: boolean
}

export type Command = ReplayCommand | { readonly command: 'help' }

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Understands the command line.
 *
 * @param now names the run where `--run` does not, ms
 * @throws UsageError, RedisUrlError
 */
export function readCommand(args: readonly string[], environment: Environment, now: number): Command {
  const { values, positionals } = parsed(args)
  if (values.help) return { command: 'help' }
  if (positionals.length > 0) throw new UsageError(`There is no command '${positionals.join(' ')}'`)
  if (values.once && values.loop) throw new UsageError('--once and --loop exclude each other')
  const { to = 'pubsub', seed = 'tickstock' } = values
  if (to !== 'pubsub' && to !== 'inbox') throw new UsageError(`--to is pubsub or inbox, not '${to}'`)
  const own = values.bars !== undefined
  const speed = number('speed', values.speed, Number.MIN_VALUE, Number.MAX_VALUE)
  return {
    command: 'replay',
    redis: requireRedisUrl(values.redis || environment['REDIS_URL'] || 'redis://127.0.0.1:6379', REDIS_SETTING),
    to,
    rate: number('rate', values.rate, 0.01, LARGEST_RATE) ?? (speed === undefined ? DEFAULT_RATE : LARGEST_RATE),
    speed,
    backlog: integer('backlog', values.backlog, 0) ?? (values.once ? 0 : 6_000),
    limit: integer('limit', values.limit, 1) ?? Number.POSITIVE_INFINITY,
    loop: !values.once,
    symbols: integer('symbols', values.symbols, 1) ?? (own ? Number.POSITIVE_INFINITY : 500),
    days: integer('days', values.days, 1) ?? (own ? Number.POSITIVE_INFINITY : 504),
    intraday: integer('intraday', values.intraday, 0) ?? (own ? 0 : 8),
    bars: values.bars,
    seed,
    run: values.run ?? String(now),
    variety: values.variety ?? false,
    quiet: values.quiet ?? false
  }
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        redis: { type: 'string' },
        to: { type: 'string' },
        rate: { type: 'string' },
        speed: { type: 'string' },
        backlog: { type: 'string' },
        limit: { type: 'string' },
        once: { type: 'boolean' },
        loop: { type: 'boolean' },
        symbols: { type: 'string' },
        days: { type: 'string' },
        intraday: { type: 'string' },
        bars: { type: 'string' },
        seed: { type: 'string' },
        run: { type: 'string' },
        variety: { type: 'boolean' },
        quiet: { type: 'boolean' },
        help: { type: 'boolean' }
      }
    })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function number(name: string, text: string | undefined, minimum: number, maximum: number): number | undefined {
  if (text === undefined) return undefined
  const value = text === '' ? Number.NaN : Number(text)
  if (value >= minimum && value <= maximum) return value
  const range = maximum === Number.MAX_VALUE ? 'above 0' : `from ${minimum} to ${maximum}`
  throw new UsageError(`--${name} is a number ${range}, not '${text}'`)
}

function integer(name: string, text: string | undefined, minimum: number): number | undefined {
  if (text === undefined) return undefined
  const value = text === '' ? Number.NaN : Number(text)
  if (Number.isSafeInteger(value) && value >= minimum) return value
  throw new UsageError(`--${name} is a whole number of at least ${minimum}, not '${text}'`)
}
