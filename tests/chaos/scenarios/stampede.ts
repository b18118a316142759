import type { Scenario } from '../scenario.ts'

export const stampede: Scenario = {
  name: 'stampede',
  what: 'a crowd loses its sockets and is back within two seconds, all at once, and again',
  crowd: true,
  run: async ({ clients, lasting, flow, full }) => {
    for (let times = full ? 3 : 1; times > 0; times--) {
      await clients.scatter(2_000)
      await lasting(500, 5_000)
      await flow()
    }
  }
}
