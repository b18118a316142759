import { once } from 'node:events'
import { openDataFolder } from './data-folder.ts'
import { greeting } from './greeting.ts'
import { launch } from './launch.ts'
import { logFile } from './logs.ts'
import { HELP, parseOptions, UsageError, usualDataDir } from './options.ts'
import { step } from './progress.ts'
import { root } from './project.ts'
import { openSecrets } from './secrets.ts'
import { Stack } from './stack.ts'

// A terminal that has gone away must not keep us from stopping in order.
process.stdout.on('error', () => undefined)

const began = performance.now()
try {
  const options = parseOptions(process.argv.slice(2), process.env, root)
  if (options === 'help') process.stdout.write(HELP)
  else await run(options)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  if (error instanceof UsageError) console.error('See npm start -- --help')
  process.exitCode = 1
}

async function run(options: Exclude<ReturnType<typeof parseOptions>, 'help'>): Promise<void> {
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort())
  const stopped = once(stop.signal, 'abort')

  const folder = await openDataFolder(options.dataDir, options)
  const stack = new Stack(note => stop.signal.aborted || console.log(`${new Date().toLocaleTimeString()}  ${note}`))
  process.on('SIGUSR2', () => void stack.replace())
  try {
    const secrets = await openSecrets(folder.path('secrets.json'))
    const site = { folder, secrets, stack, log: (name: string) => logFile(folder.path('logs'), name) }
    const launched = await Promise.race([launch(options, site), stopped])
    if (!Array.isArray(launched)) {
      await folder.announce(launched.url)
      const seconds = (performance.now() - began) / 1000
      const isFound = options.dataDir === usualDataDir(root)
      console.log(greeting({ ...launched, isFound, seconds, logsDir: folder.path('logs') }))
      await stopped
    }
  } finally {
    await step('Stopped', () => stack.close())
    await folder.release()
  }
}
