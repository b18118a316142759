import { type Teardown, until } from '@tickstock/test-kit'
import type { Finding } from './audit/finding.ts'
import type { Randomness } from './randomness.ts'
import type { Scenario } from './scenario.ts'
import type { Size } from './size.ts'
import { span } from './span.ts'
import type { System } from './system.ts'
import { type Figures, Trial } from './trial.ts'

/** What became of a scenario. */
export interface Outcome extends Figures {
  readonly scenario: string
  readonly seconds: number
  readonly entries: number
  readonly findings: readonly Finding[]
  /** Why it could not be brought to its end. */
  readonly failure?: string
}

export interface RunOptions {
  readonly scenario: Scenario
  readonly system: System
  readonly size: Size
  readonly random: Randomness
  /** Told of each step as it begins. */
  readonly progress: (step: string) => void
}

/** Subscribers, a producer, the fault; then everything is mended, and each of them is held against the log. */
export async function runScenario(t: Teardown, options: RunOptions): Promise<Outcome> {
  const { scenario, system, size, random, progress } = options
  const { gaps = [], crowd = false } = scenario
  const began = performance.now()
  const before = system.witness.truth.size
  const trial = await Trial.begin(t, { system, size, random, gaps, crowd, progress })

  progress(scenario.what)
  const spans = random.fork('spans')
  const lasting = (least: number, most: number) => span(size.full ? spans.between(least, most) : least)
  const found = await scenario.run(trial.stage(random.fork('scenario'), lasting))
  await trial.mend()

  progress('flow')
  await trial.reload(random.fork('reload'))
  await until(async () => (await trial.figures()).delivered >= size.deliveries, {
    within: size.full ? 3_600_000 : size.settleWithin,
    what: `${size.deliveries} deliveries`
  })
  const { findings, figures } = await trial.end()
  return {
    scenario: scenario.name,
    seconds: (performance.now() - began) / 1_000,
    entries: system.witness.truth.size - before,
    ...figures,
    findings: [...(found ?? []), ...findings]
  }
}
