import { createReadStream } from 'node:fs'
import { withRedis } from './command-line/redis-connection.ts'
import { runCommand } from './command-line/run-command.ts'
import { type ImportTarget, importLines } from './import-patterns/importer.ts'
import { inboxTarget } from './import-patterns/inbox-target.ts'
import { IMPORT_HELP, type ImportOptions, importOptions } from './import-patterns/options.ts'

const PROGRESS_EVERY_MS = 1_000

async function run({ file, channel, quiet }: ImportOptions, target: ImportTarget | undefined): Promise<number> {
  const say = (text: string) => process.stderr.write(`${text}\n`)
  let saidAt = performance.now()
  const { lines, sent, refused } = await importLines(file === '-' ? process.stdin : createReadStream(file), {
    target,
    channel,
    now: Date.now,
    onRefused: (line, reason, detail) => say(`line ${line}: ${reason}: ${detail}`),
    onProgress: sums => {
      if (quiet || performance.now() - saidAt < PROGRESS_EVERY_MS) return
      saidAt = performance.now()
      say(`${sums.lines} lines, ${sums.sent} ${target ? 'sent' : 'good'}, ${sums.refused} refused`)
    },
    onStalled: waiting => say(`${waiting} events wait in the inbox and nobody takes them: does pattern-query run?`)
  })
  process.stdout.write(`${lines} lines: ${sent} ${target ? 'sent' : 'good'}, ${refused} refused\n`)
  return refused > 0 ? 1 : 0
}

await runCommand(async () => {
  const options = importOptions(process.argv.slice(2), process.env)
  if (options === 'help') {
    process.stdout.write(IMPORT_HELP)
    return 0
  }
  if (options.dryRun) return run(options, undefined)
  return withRedis(options.redis, redis => run(options, inboxTarget(redis)))
})
