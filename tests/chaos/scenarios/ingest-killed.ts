import type { Scenario } from '../scenario.ts'

export const ingestKilled: Scenario = {
  name: 'ingest-killed',
  what: 'kill -9 of each ingest replica, one after the other, then of both at once',
  run: async ({ ingests, random, lasting, flow, full }) => {
    for (const victim of full ? ingests : [random.pick(ingests)]) {
      await victim.kill()
      await lasting(200, 5_000)
      await victim.restart()
    }
    await flow()
    if (!full) return
    await Promise.all(ingests.map(victim => victim.kill()))
    await lasting(200, 5_000)
  }
}
