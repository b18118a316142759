import process from 'node:process'
import { checkRedisUrl, RedisUrlError } from '@tickstock/event-log'
import { BarsError } from './bars/bars-error.ts'
import { HELP, REDIS_SETTING, type ReplayCommand, readCommand, UsageError } from './options.ts'
import { Progress } from './progress.ts'
import { publishingConnection } from './publisher/connection.ts'
import { inboxPublisher } from './publisher/inbox.ts'
import { patientPublisher } from './publisher/patient.ts'
import { pubSubPublisher } from './publisher/pub-sub.ts'
import { replay } from './replay.ts'
import { runLoadSymbols } from './symbols/command.ts'
import { ListingError } from './symbols/listing-header.ts'
import { LOAD_SYMBOLS_HELP, readLoadSymbolsOptions } from './symbols/options.ts'
import { derivedUniverse, folderUniverse, type Universe } from './universe/universe.ts'

async function main(): Promise<void> {
  const [first, ...rest] = process.argv.slice(2)
  if (first === 'load-symbols') {
    const options = readLoadSymbolsOptions(rest, process.env)
    if (options === 'help') process.stdout.write(LOAD_SYMBOLS_HELP)
    else await runLoadSymbols(options, { out: process.stdout, err: process.stderr })
    return
  }
  const command = readCommand(process.argv.slice(2), process.env, Date.now())
  if (command.command === 'help') process.stdout.write(HELP)
  else await runReplay(command)
}

async function runReplay(command: ReplayCommand): Promise<void> {
  await checkRedisUrl(command.redis, REDIS_SETTING)
  const stop = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort())
  const progress = new Progress(process.stdout)
  let outage: string | undefined
  const redis = publishingConnection(command.redis, error => {
    outage ??= error.message
  })
  stop.signal.addEventListener('abort', () => redis.disconnect())
  const direct = command.to === 'inbox' ? inboxPublisher(redis) : pubSubPublisher(redis)
  const publisher = patientPublisher(direct, {
    signal: stop.signal,
    onOutage: (error, pause) => {
      const reason = outage ?? (error instanceof Error ? error.message : String(error))
      progress.say(`Redis does not answer (${reason}): next try in ${(pause / 1000).toFixed(1)} s, nothing is skipped`)
      outage = undefined
    }
  })
  try {
    await connect(redis)
    await replay(
      { ...command, universe: universeOf(command), watched: command.intraday },
      {
        publisher,
        signal: stop.signal,
        onPublished: published => {
          if (!command.quiet) progress.add(published)
        }
      }
    )
  } catch (error) {
    if (!stop.signal.aborted) throw error
  } finally {
    redis.disconnect()
    if (!command.quiet) progress.end()
  }
}

/** The first try; if it fails, the publisher's patience takes over. */
async function connect(redis: ReturnType<typeof publishingConnection>): Promise<void> {
  await redis.connect().catch((error: Error) => redis.emit('error', error))
}

function universeOf({ bars, symbols, days, seed }: ReplayCommand): Universe {
  return bars === undefined
    ? derivedUniverse({ symbols, days, seed })
    : folderUniverse({ folder: bars, symbols, days, seed })
}

const OURS = [UsageError, RedisUrlError, BarsError, ListingError, RangeError]

main().catch((error: unknown) => {
  const ours = OURS.some(kind => error instanceof kind)
  process.stderr.write(
    `${error instanceof Error && ours ? error.message : String(error instanceof Error ? error.stack : error)}\n`
  )
  if (error instanceof UsageError) process.stderr.write('See --help\n')
  process.exitCode = error instanceof UsageError ? 2 : 1
})
