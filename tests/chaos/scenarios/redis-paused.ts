import type { Scenario } from '../scenario.ts'

export const redisPaused: Scenario = {
  name: 'redis-paused',
  what: 'Redis stands still (SIGSTOP), then takes no commands (CLIENT PAUSE)',
  run: async ({ redis, lasting, flow }) => {
    redis.freeze()
    // Longer than the patience of its readers, 3 s.
    await lasting(3_500, 15_000)
    redis.thaw()
    await flow()
    await redis.ask('CLIENT', 'PAUSE', 1_000, 'ALL')
    await lasting(1_000, 1_000)
  }
}
