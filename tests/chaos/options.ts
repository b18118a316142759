import { parseArgs } from 'node:util'
import type { Scenario } from './scenario.ts'
import { SCENARIOS, SHORT_SCENARIOS } from './scenarios/index.ts'
import { FULL, SHORT, type Size } from './size.ts'

export interface Options {
  readonly scenarios: readonly Scenario[]
  readonly size: Size
  readonly seed: number
  readonly report: string
}

/** What was asked for is not to be had; the message says what is. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export const HELP = `Usage: npm run test:chaos -- [options]

Breaks a running system in every way we know, and holds what every subscriber received against what stood in the log.

  --seed N         the run of this seed: who subscribes, what is published, what breaks and for how long; default: another each time
  --only a,b       these scenarios alone
  --short          the form that runs in CI: every kind of fault for some seconds
  --report FILE    where the report is written (JSON); default .chaos/report.json
  --help           this text

Scenarios:
${SCENARIOS.map(({ name, what }) => `  ${name.padEnd(18)} ${what}`).join('\n')}

Ends with 0 if nothing is unexplained, 1 if something is, 2 if it was called wrongly, 130 if it was interrupted.
`

/** @returns undefined where help is asked for. @throws UsageError */
export function optionsOf(args: readonly string[]): Options | undefined {
  const { seed, only, short, report, help } = parsed(args)
  if (help) return undefined
  if (seed !== undefined && !/^\d{1,9}$/.test(seed)) throw new UsageError(`--seed is a whole number, not "${seed}"`)
  return {
    scenarios: only === undefined ? (short ? SHORT_SCENARIOS : SCENARIOS) : only.split(',').map(named),
    size: short ? SHORT : FULL,
    seed: seed === undefined ? Date.now() % 1_000_000_000 : Number(seed),
    report
  }
}

function named(name: string): Scenario {
  const scenario = SCENARIOS.find(scenario => scenario.name === name.trim())
  if (scenario !== undefined) return scenario
  throw new UsageError(`there is no scenario "${name}"; there are ${SCENARIOS.map(({ name }) => name).join(', ')}`)
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        seed: { type: 'string' },
        only: { type: 'string' },
        short: { type: 'boolean', default: false },
        report: { type: 'string', default: '.chaos/report.json' },
        help: { type: 'boolean', short: 'h', default: false }
      }
    }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : `${error}`)
  }
}
