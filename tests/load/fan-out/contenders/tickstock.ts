import { producerChannel } from '@tickstock/contracts'
import { startRedis, startService } from '@tickstock/test-kit'
import { Redis } from 'ioredis'
import { producerEvent } from '../../patterns.ts'
import type { Contender } from '../contender.ts'
import { steadily } from '../publishing.ts'

/** The whole way: PUBLISH → pattern-query → log → realtime-gateway → socket, every process on this machine. */
const tickstock = (name: string, dialect: 'tickstock' | 'distinct'): Contender => ({
  name,
  start: async cleanup => {
    const redis = await startRedis(cleanup)
    const env = {
      REDIS_URL: redis.url,
      AUTH_MODE: 'development',
      LOG_LEVEL: 'warn',
      MAX_CONNECTIONS_PER_ADDRESS: '20000',
      MAX_UNAUTHENTICATED_PER_ADDRESS: '20000'
    }
    await startService(cleanup, { service: 'pattern-query', env })
    const gateway = await startService(cleanup, { service: 'realtime-gateway', env })

    const producer = new Redis(redis.url)
    cleanup.teardown(() => producer.disconnect())
    const failed = (error: unknown) => {
      throw error
    }
    let sent = 0
    const publishOne = () => {
      producer.publish(producerChannel('daily'), producerEvent(sent++, 'daily', Date.now())).catch(failed)
    }
    return {
      url: `${gateway.url.replace('http', 'ws')}/ws`,
      dialect,
      pid: gateway.pid,
      publish: steadily(cleanup, publishOne)
    }
  }
})

export const ours = tickstock('TickStock', 'tickstock')
export const oursDistinct = tickstock('TickStock, each client its own filter', 'distinct')
