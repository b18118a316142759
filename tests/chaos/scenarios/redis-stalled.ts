import type { Scenario } from '../scenario.ts'

export const redisStalled: Scenario = {
  name: 'redis-stalled',
  what: 'the connections of a gateway and of an ingest to Redis are mute: blocking reads hang',
  run: async ({ gateways, ingests, random, lasting, flow }) => {
    const lines = [random.pick(gateways).redis, random.pick(ingests).redis]
    for (const line of lines) line.strand()
    await lasting(500, 10_000)
    await flow()
    for (const line of lines) line.freeze()
    await lasting(3_500, 15_000)
    for (const line of lines) line.thaw()
  }
}
