import type { Scenario } from '../scenario.ts'

export const gatewayKilled: Scenario = {
  name: 'gateway-killed',
  what: 'kill -9 of a gateway in the middle of its writes',
  run: async ({ gateways, random, lasting, flow }) => {
    const victim = random.pick(gateways)
    await victim.kill()
    await lasting(300, 5_000)
    await flow()
    await victim.restart()
  }
}
