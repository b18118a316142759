import type { Scenario } from '../scenario.ts'

export const redisKilled: Scenario = {
  name: 'redis-killed',
  what: 'kill -9 of Redis, which comes back with its append-only file (fsync always)',
  run: async ({ redis, lasting }) => {
    await redis.kill()
    await lasting(300, 10_000)
    await redis.restart()
  }
}

export const redisTerminated: Scenario = {
  name: 'redis-terminated',
  what: 'SIGTERM of Redis, which comes back with its append-only file (fsync everysec)',
  onlyInFull: true,
  run: async ({ redis, lasting }) => {
    await redis.ask('CONFIG', 'SET', 'appendfsync', 'everysec')
    await redis.terminate()
    await lasting(300, 10_000)
    await redis.restart()
  }
}
