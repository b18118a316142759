import type { Scenario } from '../scenario.ts'

const HOUR = 3_600_000

export const clockJumped: Scenario = {
  name: 'clock-jumped',
  what: 'wall clocks of a gateway, an ingest and the clients jump, forward and back',
  run: async ({ gateways, ingests, clients, random, lasting, flow }) => {
    const jumping = [random.pick(gateways), random.pick(ingests), clients]
    for (const shift of [HOUR, -HOUR, 0]) {
      await Promise.all(jumping.map(one => one.shiftClock(shift)))
      await lasting(500, 10_000)
      await flow()
    }
  }
}
