import { join } from 'node:path'
import { UsageError, WATCH_HELP, type WatchOptions, watchOptions } from './watch/options.ts'
import { Watcher } from './watch/watcher.ts'

/** Where a running system writes its address, in the folder of the project. */
const URL_FILE = join(import.meta.dirname, '../../../.data/url')

/** Milliseconds. */
const LONGEST_FAREWELL = 2_000

async function watch(options: WatchOptions): Promise<number> {
  const watcher = new Watcher(options, process.stdout)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => watcher.stop())
  // Whoever reads has gone, as `head` does: there is nobody left to print for.
  process.stdout.on('error', () => watcher.stop())
  const code = await watcher.run()
  process.stderr.write(`${watcher.summary()}\n`)
  return code
}

try {
  const options = watchOptions(process.argv.slice(2), process.env, URL_FILE)
  if (options === 'help') process.stdout.write(WATCH_HELP)
  else {
    process.exitCode = await watch(options)
    // What was printed is still being told to the server and kept; a server that does not answer is not waited for.
    setTimeout(() => process.exit(), LONGEST_FAREWELL).unref()
  }
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  process.stderr.write(`${error.message}\nTry --help.\n`)
  process.exitCode = 2
}
