import { Cleanup } from '../load/cleanup.ts'
import { Randomness } from './randomness.ts'
import { runScenario } from './run-scenario.ts'
import { SCENARIOS } from './scenarios/index.ts'
import { SHORT } from './size.ts'
import { startSystem } from './system.ts'

const cleanup = new Cleanup()
try {
  const system = await startSystem(cleanup, { persistence: 'always', gatewayEnv: {} })
  for (const scenario of SCENARIOS) {
    const random = new Randomness(1).fork(scenario.name)
    console.log(
      await runScenario(cleanup, { scenario, system, size: SHORT, random, progress: step => console.log(step) })
    )
  }
} finally {
  await cleanup.run()
}
