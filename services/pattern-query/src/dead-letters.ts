import { withRedis } from './command-line/redis-connection.ts'
import { runCommand } from './command-line/run-command.ts'
import { runDeadLetters } from './dead-letters/command.ts'
import { DEAD_LETTERS_HELP, deadLettersOptions } from './dead-letters/options.ts'
import { KeptLetters } from './stores/kept-letters.ts'

await runCommand(async () => {
  const options = deadLettersOptions(process.argv.slice(2), process.env, Date.now())
  if (options === 'help') {
    process.stdout.write(DEAD_LETTERS_HELP)
    return 0
  }
  const output = { out: process.stdout, err: process.stderr }
  return withRedis(options.redis, redis => runDeadLetters(new KeptLetters(redis), options, output))
})
