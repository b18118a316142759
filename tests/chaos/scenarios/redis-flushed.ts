import type { Scenario } from '../scenario.ts'

export const redisFlushed: Scenario = {
  name: 'redis-flushed',
  what: 'FLUSHALL: the log is gone, and a new epoch is told',
  gaps: ['stream_reset'],
  run: async ({ witness, producer, lasting, flow, full }) => {
    for (let times = full ? 3 : 1; times > 0; times--) {
      await witness.lookAndFlush()
      producer.excuse()
      await lasting(200, 5_000)
      await flow()
    }
  }
}
