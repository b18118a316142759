import { isDeepStrictEqual } from 'node:util'
import { Cleanup } from '../load/cleanup.ts'
import { Randomness } from './randomness.ts'
import type { Replica } from './replica.ts'
import { type Outcome, runScenario } from './run-scenario.ts'
import type { Scenario } from './scenario.ts'
import type { Size } from './size.ts'
import { replicasOf, type System, type SystemOptions, startSystem } from './system.ts'

export interface SuiteOptions {
  readonly scenarios: readonly Scenario[]
  readonly size: Size
  readonly seed: number
  /** Told of each step as it begins. */
  readonly progress: (scenario: string, step: string) => void
  /** Told of each scenario that is over. */
  readonly done: (outcome: Outcome) => void
}

const DEFAULTS: SystemOptions = { topology: 'single', gatewayEnv: {}, ingestEnv: {}, universe: true }

/**
 * Runs scenarios one after the other. Those that want the same system share one, as long as none of them finds anything: starting it takes longer than most
 * faults last.
 */
export class Suite {
  readonly #options: SuiteOptions
  readonly #random: Randomness
  readonly #closing = new Cleanup()
  #system: { readonly options: SystemOptions; readonly parts: System; readonly cleanup: Cleanup } | undefined
  readonly #outcomes: Outcome[] = []
  #interrupted = false

  constructor(options: SuiteOptions) {
    this.#options = options
    this.#random = new Randomness(options.seed)
    this.#closing.teardown(() => this.#endSystem())
  }

  /** Of the scenarios that are over. */
  get outcomes(): readonly Outcome[] {
    return this.#outcomes
  }

  get isInterrupted(): boolean {
    return this.#interrupted
  }

  /** @returns the outcomes: of fewer scenarios where it is interrupted */
  async run(): Promise<readonly Outcome[]> {
    try {
      for (const scenario of this.#options.scenarios) {
        if (this.#interrupted) break
        const outcome = await this.#run(scenario)
        // What broke because everything was taken away says nothing.
        if (this.#interrupted) break
        this.#outcomes.push(outcome)
        this.#options.done(outcome)
        if (outcome.findings.length > 0 || outcome.failure !== undefined) await this.#endSystem()
      }
    } finally {
      await this.#closing.run()
    }
    return this.#outcomes
  }

  /** Ends everything that it has started. */
  async interrupt(): Promise<void> {
    this.#interrupted = true
    await this.#closing.run()
  }

  async #run(scenario: Scenario): Promise<Outcome> {
    const { size, progress } = this.#options
    const began = performance.now()
    const cleanup = new Cleanup()
    this.#closing.teardown(() => cleanup.run())
    try {
      progress(scenario.name, 'the system')
      const system = await this.#systemFor({ ...DEFAULTS, ...scenario.system })
      return await runScenario(cleanup, {
        scenario,
        system,
        size,
        random: this.#random.fork(scenario.name),
        progress: step => progress(scenario.name, step)
      })
    } catch (error) {
      const replicas = this.#system === undefined ? [] : replicasOf(this.#system.parts)
      const deaths = replicas.flatMap(replica => replica.takeDeaths())
      const failure = error instanceof Error ? (error.stack ?? error.message) : `${error}`
      return {
        scenario: scenario.name,
        seconds: (performance.now() - began) / 1_000,
        published: 0,
        entries: 0,
        subscriptions: 0,
        edits: 0,
        delivered: 0,
        gaps: 0,
        reconnects: 0,
        findings: [],
        failure: [failure, ...deaths, ...replicas.flatMap(lastLines)].join('\n')
      }
    } finally {
      await cleanup.run()
    }
  }

  async #systemFor(options: SystemOptions): Promise<System> {
    if (this.#system !== undefined && isDeepStrictEqual(this.#system.options, options)) return this.#system.parts
    await this.#endSystem()
    const cleanup = new Cleanup()
    this.#closing.teardown(() => cleanup.run())
    const parts = await startSystem(cleanup, options)
    this.#system = { options, parts, cleanup }
    return parts
  }

  async #endSystem(): Promise<void> {
    const system = this.#system
    this.#system = undefined
    await system?.cleanup.run()
  }
}

const lastLines = ({ name, log }: Replica): string[] => log.slice(-5).map(line => `${name}: ${line}`)
