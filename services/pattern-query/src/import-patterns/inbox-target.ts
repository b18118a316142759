import { INBOX_KEY } from '@tickstock/contracts'
import type { RedisClient } from '@tickstock/event-log'
import type { ImportTarget } from './importer.ts'

/** The inbox, as a producer fills it. */
export function inboxTarget(redis: RedisClient): ImportTarget {
  return {
    waiting: () => redis.xlen(INBOX_KEY),
    async send(payloads, channel) {
      const pipeline = redis.pipeline()
      const named = channel === undefined ? [] : ['channel', channel]
      for (const payload of payloads) pipeline.xadd(INBOX_KEY, '*', ...named, 'event', payload)
      const replies = await pipeline.exec()
      const failure = replies?.find(([error]) => error !== null)?.[0]
      if (failure) throw failure
    }
  }
}
