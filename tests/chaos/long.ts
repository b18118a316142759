import { parseArgs } from 'node:util'
import { Cleanup } from '../load/cleanup.ts'
import { whole } from '../load/table.ts'
import type { Finding } from './audit/finding.ts'
import { UsageError } from './options.ts'
import { Randomness } from './randomness.ts'
import { LOSSLESS_SCENARIOS } from './scenarios/index.ts'
import { LONG } from './size.ts'
import { span } from './span.ts'
import { startSystem } from './system.ts'
import { type Figures, Trial } from './trial.ts'

const HELP = `Usage: npm run test:long -- [options]

Lets users edit the lists that their subscriptions follow, connections come and go, and services be killed now and then, and audits
all the while what each subscriber received.

  --minutes N      default 30
  --seed N         the run of this seed; default: another each time
  --help           this text

Ends with 0 if nothing is unexplained, 1 if something is, 2 if it was called wrongly, 130 if it was interrupted.
`

const INTERRUPTED = 130
const MINUTE = 60_000
const PROGRESS_EVERY = 30_000
/** Between two audits, ms: what is audited is forgotten. */
const AUDIT_EVERY = 30_000
/** The longest that a fault lasts, where it need not last longer. ms */
const LONGEST_FAULT = 5_000
/** Without a fault, ms: at least, and at most. */
const QUIET = [3_000, 15_000] as const
/** That some subscribers are away, ms: at least, and at most. */
const AWAY = [200, 8_000] as const
/** Life of a pattern, seconds: many end while the run lasts. */
const LIFE = [20, 180] as const

interface Soak {
  readonly minutes: number
  readonly seed: number
}

/** @returns undefined where help is asked for. @throws UsageError */
function soakOf(args: readonly string[]): Soak | undefined {
  const { minutes, seed = `${Date.now() % 1_000_000_000}`, help } = parsed(args)
  if (help) return undefined
  for (const [name, text] of Object.entries({ minutes, seed }))
    if (!/^\d{1,9}$/.test(text)) throw new UsageError(`--${name} is a whole number, not "${text}"`)
  return { minutes: Number(minutes), seed: Number(seed) }
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        minutes: { type: 'string', default: '30' },
        seed: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false }
      }
    }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : `${error}`)
  }
}

/** @returns what was found */
async function soak(cleanup: Cleanup, { minutes, seed }: Soak): Promise<readonly Finding[]> {
  const random = new Randomness(seed)
  const began = performance.now()
  console.log(`seed ${seed}, ${minutes} minutes`)
  const system = await startSystem(cleanup, { topology: 'single', gatewayEnv: {}, ingestEnv: {}, universe: true })
  const trial = await Trial.begin(cleanup, {
    system,
    size: LONG,
    random,
    gaps: [],
    crowd: false,
    life: LIFE,
    progress: () => undefined
  })
  let faults = 0
  let found = 0
  const tell = (figures: Figures, doing: string) => {
    const { delivered, edits, reconnects, gaps } = figures
    const counts = Object.entries({ delivered, edits, reconnects, faults, gaps, findings: found })
    const memory = Math.round(process.memoryUsage.rss() / 2 ** 20)
    const said = counts.map(([name, count]) => `${whole(count)} ${name}`).join(', ')
    console.log(`${clockOf(performance.now() - began)} ${said}, ${memory} MB: ${doing}`)
  }
  let doing = 'it begins'
  const progress = setInterval(() => {
    // A client process that ends is reported by the run itself.
    trial.figures().then(
      figures => tell(figures, doing),
      () => undefined
    )
  }, PROGRESS_EVERY)
  cleanup.teardown(() => clearInterval(progress))

  const lasting = (least: number, most: number) =>
    span(random.between(least, Math.max(least, Math.min(most, LONGEST_FAULT))))
  const stage = trial.stage(random.fork('faults'), lasting)
  let audited = performance.now()
  for (const ends = began + minutes * MINUTE; performance.now() < ends; ) {
    doing = 'connections come and go'
    const away = random.sample(stage.cast, random.between(1, Math.ceil(stage.cast.length / 3)))
    await stage.leave(away)
    await span(random.between(...AWAY))
    await stage.clients.reload(away.map(({ name }) => name))
    await span(random.between(...QUIET))

    const scenario = random.pick(LOSSLESS_SCENARIOS)
    doing = scenario.name
    await scenario.run(stage)
    await trial.mend()
    faults += 1

    if (performance.now() - audited < AUDIT_EVERY) continue
    doing = 'audit'
    audited = performance.now()
    const findings = await trial.audit()
    found += findings.length
    for (const finding of findings) console.log(textOf(finding))
  }
  doing = 'the end'
  const { findings, figures } = await trial.end()
  for (const finding of findings.slice(found)) console.log(textOf(finding))
  found = findings.length
  tell(figures, findings.length === 0 ? 'ok' : 'FAILED')
  return findings
}

const textOf = ({ kind, whose, detail }: Finding): string => `  ${kind}: ${whose}: ${detail}`

const clockOf = (ms: number): string => new Date(ms).toISOString().slice(11, 19)

async function main(): Promise<void> {
  const options = soakOf(process.argv.slice(2))
  if (options === undefined) {
    process.stdout.write(HELP)
    return
  }
  const cleanup = new Cleanup()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, async () => {
      await cleanup.run()
      process.exit(INTERRUPTED)
    })
  }
  try {
    const findings = await soak(cleanup, options)
    if (findings.length > 0) process.exitCode = 1
  } finally {
    await cleanup.run()
  }
}

try {
  await main()
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  console.error(error.message)
  process.exitCode = 2
}
