import { producerChannel } from '@tickstock/contracts'
import type { RedisClient } from '@tickstock/event-log'
import type { Publisher } from './publisher.ts'
import { repliesOf } from './replies.ts'

/** `PUBLISH tickstock.events.patterns.<channel>`: at most once, an event that nobody listens for is gone. */
export const pubSubPublisher = (redis: RedisClient): Publisher => ({
  async publish(batch) {
    const pipeline = redis.pipeline()
    for (const { channel, payload } of batch) pipeline.publish(producerChannel(channel), payload)
    return (await repliesOf(pipeline)).map(Number)
  }
})
