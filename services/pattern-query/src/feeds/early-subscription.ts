import { setTimeout as delay } from 'node:timers/promises'
import { PRODUCER_CHANNELS } from '@tickstock/contracts'
import { isRedisUrl, openSubscriber } from '@tickstock/event-log'
import type { Redis } from 'ioredis'

/** Receives what a producer published. */
type Listener = (channel: Buffer, message: Buffer) => void

export interface EarlySubscription {
  readonly redis: Redis
  /** Passes all messages to the listener, first those that have arrived so far. */
  handOver(listener: Listener): void
}

/** How long the rest of the start waits for a Redis that does not answer, ms. */
const WITHIN = 250

/** How long a command may take, ms. */
const COMMAND_TIMEOUT = 5_000

/**
 * Subscribes to the producers before the rest of the service is loaded: what is published while no replica listens is lost. Messages
 * wait in memory until the feed takes the subscription over.
 *
 * @returns undefined for an invalid URL, which the check of the configuration reports
 */
export async function subscribeEarly(url: string | undefined): Promise<EarlySubscription | undefined> {
  if (url === undefined || !isRedisUrl(url)) return undefined
  const early = openSubscription(url)
  const answered = early.redis.subscribe(...PRODUCER_CHANNELS).catch(ignore)
  await Promise.race([answered, delay(WITHIN, undefined, { ref: false })])
  return early
}

/** A connection that subscribes to nothing yet. */
export function openSubscription(url: string, commandTimeout = COMMAND_TIMEOUT): EarlySubscription {
  const redis = openSubscriber({ url, name: 'pattern-query:pubsub', commandTimeout })
  const waiting: Parameters<Listener>[] = []
  const keep: Listener = (channel, message) => waiting.push([channel, message])
  redis.on('messageBuffer', keep).on('error', ignore)
  return {
    redis,
    handOver(listener) {
      redis.off('messageBuffer', keep).off('error', ignore)
      for (const message of waiting.splice(0)) listener(...message)
      redis.on('messageBuffer', listener)
    }
  }
}

/** The feed subscribes again, and reports failures. */
const ignore = () => undefined
