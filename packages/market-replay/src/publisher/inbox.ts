import { INBOX_KEY } from '@tickstock/contracts'
import type { RedisClient } from '@tickstock/event-log'
import type { Publisher } from './publisher.ts'
import { repliesOf } from './replies.ts'

/** `XADD tickstock:patterns:inbox * channel <channel> event <json>`: durable, read by the ingest when it is there. */
export const inboxPublisher = (redis: RedisClient): Publisher => ({
  async publish(batch) {
    const pipeline = redis.pipeline()
    for (const { channel, payload } of batch) pipeline.xadd(INBOX_KEY, '*', 'channel', channel, 'event', payload)
    return (await repliesOf(pipeline)).map(() => undefined)
  }
})
