import { CHANNELS, type Heartbeat } from '@tickstock/contracts'
import type { Clock } from './clock.ts'
import type { Subscribing } from './subscribing.ts'
import type { Subscriber } from './subscription.ts'

/**
 * What is true of a socket's feeds now: only what has been handed to it before. The age of the pipeline is that of the worst channel
 * it listens to, of all channels if it listens to none; before the first read, that of the gateway itself.
 */
export function heartbeatOf(subscriber: Subscriber, { logs, pulse }: Subscribing, clock: Clock): Heartbeat {
  const now = clock.now()
  const time = clock.time()
  const subscriptions = [...subscriber.subscriptions.values()]
  const heard = subscriptions.length > 0 ? [...new Set(subscriptions.map(({ feed }) => feed.channel))] : CHANNELS
  const readAges = heard.map(channel => pulse.age(channel, now) ?? now)
  const newest = heard.map(channel => logs[channel].newestAt).filter(at => at !== undefined)
  return {
    type: 'heartbeat',
    time,
    feeds: Object.fromEntries(subscriptions.map(({ feed, state }) => [feed.id, state])),
    pipeline: {
      read_age_ms: Math.round(Math.max(...readAges)),
      // By the clock of the machine that appended it, which may be ahead of ours.
      event_age_ms: newest.length > 0 ? Math.max(0, time - Math.max(...newest)) : null
    }
  }
}
