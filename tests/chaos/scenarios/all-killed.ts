import type { Scenario } from '../scenario.ts'

export const allKilled: Scenario = {
  name: 'all-killed',
  what: 'kill -9 of every service at once',
  run: async ({ ingests, gateways, lasting }) => {
    await Promise.all([...ingests, ...gateways].map(victim => victim.kill()))
    await lasting(200, 5_000)
  }
}
