import type { Scenario } from '../scenario.ts'

export const allKilled: Scenario = {
  name: 'all-killed',
  what: 'kill -9 of every service at once',
  run: async ({ ingests, gateways, universes, lasting }) => {
    await Promise.all([...ingests, ...gateways, ...universes].map(victim => victim.kill()))
    await lasting(200, 5_000)
  }
}
