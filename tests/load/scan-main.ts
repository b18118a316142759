import { availableParallelism, cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { scanBenchmark } from './scan.ts'

const HELP = `Usage: npm run bench:scan -- [options]

Measures scans on this machine, beside what Node can do at all there, in the same run. Read the figures as ratios.

  --quick   a second, few patterns: to see that it runs
  --help    this text
`

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h' } }
})

if (values.help) process.stdout.write(HELP)
else {
  console.log(
    `Node ${process.versions.node}, ${availableParallelism()} × ${cpus()[0]?.model ?? 'processor'}, load generator on the same machine\n`
  )
  console.log(
    await scanBenchmark({
      rate: 500,
      ...(values.quick
        ? { counts: [1_000], connections: [10], seconds: 1, rounds: 1 }
        : { counts: [1_000, 20_000, 100_000], connections: [1, 10, 50], seconds: 2, rounds: 3 })
    })
  )
}
