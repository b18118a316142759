import { availableParallelism, cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { fanOutBenchmark } from './fan-out.ts'
import { scanBenchmark } from './scan.ts'

const HELP = `Usage: npm run bench -- [options]

Measures scans and fan-out on this machine, beside what Node can do at all there, in the same run. Read the figures as ratios.

  --only scan|fan-out   one of the two (npm run bench:scan is the first)
  --quick               a second each, smaller crowds: to see that it runs
  --help                this text
`

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    quick: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h' }
  }
})

if (values.help) process.stdout.write(HELP)
else if (values.only !== undefined && !['scan', 'fan-out'].includes(values.only)) {
  console.error(`--only is scan or fan-out, not "${values.only}"`)
  process.exitCode = 1
} else {
  console.log(
    `Node ${process.versions.node}, ${availableParallelism()} × ${cpus()[0]?.model ?? 'processor'}, load generator on the same machine\n`
  )
  if (values.only !== 'fan-out') {
    console.log(
      await scanBenchmark({
        rate: 500,
        ...(values.quick
          ? { counts: [1_000], connections: [10], seconds: 1, rounds: 1 }
          : { counts: [1_000, 20_000, 100_000], connections: [1, 10, 50], seconds: 2, rounds: 3 })
      })
    )
  }
  if (values.only !== 'scan') {
    console.log(
      `\n${await fanOutBenchmark(
        values.quick
          ? { clients: 50, rates: [100], seconds: 1 }
          : { clients: 1_000, rates: [50, 200, 400, 800], seconds: 3 }
      )}`
    )
  }
}
