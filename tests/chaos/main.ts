import { whole } from '../load/table.ts'
import { HELP, type Options, optionsOf, UsageError } from './options.ts'
import { isSound, summary, writeReport } from './report.ts'
import { Suite } from './suite.ts'

const INTERRUPTED = 130

async function run({ scenarios, size, seed, report }: Options): Promise<void> {
  console.log(`seed ${seed}, ${scenarios.length} scenarios`)
  const isTerminal = process.stderr.isTTY
  const clear = isTerminal ? '\r\u001b[2K' : ''
  const suite = new Suite({
    scenarios,
    size,
    seed,
    progress: (scenario, step) => {
      if (isTerminal) process.stderr.write(`${clear}${scenario}: ${step}`)
    },
    done: outcome => {
      const { scenario, seconds, delivered } = outcome
      const verdict = isSound(outcome) ? 'ok' : 'FAILED'
      process.stderr.write(`${clear}${verdict} ${scenario}: ${whole(delivered)} deliveries in ${whole(seconds)} s\n`)
    }
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, async () => {
      process.stderr.write(`${clear}interrupted: ending what was started\n`)
      await suite.interrupt()
      await writeReport(report, { seed, size, outcomes: suite.outcomes, interrupted: true })
      process.exit(INTERRUPTED)
    })
  }

  const outcomes = await suite.run()
  // Whoever interrupts it writes what there is, and ends the process.
  if (suite.isInterrupted) return
  console.log(`\n${summary({ seed, size, outcomes })}`)
  await writeReport(report, { seed, size, outcomes })
  if (!outcomes.every(isSound)) process.exitCode = 1
}

try {
  const options = optionsOf(process.argv.slice(2))
  if (options === undefined) process.stdout.write(HELP)
  else await run(options)
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  console.error(error.message)
  process.exitCode = 2
}
