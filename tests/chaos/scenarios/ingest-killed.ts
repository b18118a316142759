import type { Scenario } from '../scenario.ts'

export const ingestKilled: Scenario = {
  name: 'ingest-killed',
  what: 'kill -9 of each ingest replica, one after the other, then of both at once',
  onlyInFull: true,
  run: async ({ ingests, lasting, flow }) => {
    for (const victim of ingests) {
      await victim.kill()
      await lasting(200, 5_000)
      await victim.restart()
    }
    await flow()
    await Promise.all(ingests.map(victim => victim.kill()))
    await lasting(200, 5_000)
  }
}
