import { hostname } from 'node:os'
import { CHANNELS, type Channel, type PatternHistory, perChannel } from '@tickstock/contracts'
import { LogWriter } from '@tickstock/event-log'
import { connectRedis, type StartContext } from '@tickstock/service-kit'
import { type Config, hardLength } from './config.ts'
import type { Freshness } from './domain/freshness.ts'
import type { IngestFigures } from './domain/reports/ingest-figures.ts'
import { PatternView } from './domain/view/pattern-view.ts'
import { type EarlySubscription, openSubscription } from './feeds/early-subscription.ts'
import { EventsOnTheirWay } from './feeds/events-on-their-way.ts'
import { ExpiryFeed } from './feeds/expiry-feed.ts'
import { InboxFeed } from './feeds/inbox-feed.ts'
import { Ingest } from './feeds/ingest.ts'
import { LogFollower } from './feeds/log-follower.ts'
import { PubSubFeed } from './feeds/pubsub-feed.ts'
import { Settling } from './feeds/settling.ts'
import { createInstruments, type Instruments, registerGauges } from './instruments.ts'
import { DeadLetters } from './stores/dead-letters.ts'
import { Inbox } from './stores/inbox.ts'
import { PatternHistories } from './stores/pattern-history.ts'
import { UnifiedLoader } from './stores/unified-loader.ts'
import { UnifiedPatterns } from './stores/unified-patterns.ts'

/** Looks for abandoned entries in the time after which they are. */
const CLAIMS = 3

export interface Pipeline {
  readonly view: PatternView
  readonly freshness: () => Freshness
  /** Whether producers have been heard since the start. */
  readonly listening: () => boolean
  readonly instruments: Instruments
  /** Events of a live pattern, read from the log. @throws ProblemError log_unavailable */
  readonly historyOf: (id: string) => Promise<PatternHistory>
  readonly ingest: () => IngestFigures
}

/** How long a command may take that a caller waits for, ms. A history takes two, one after the other. */
const CALLER_TIMEOUT = 1_000

/** How long a command may take, ms. Reads that block have as much besides. */
const COMMAND_TIMEOUT = 5_000

/**
 * Opens and starts everything between Redis and the view: producers → log → view and ZSET, and expiries back into the log. What is opened is the
 * lifetime's to close. Does not wait for Redis.
 *
 * @throws ConfigError where the lengths of the logs contradict each other
 */
export function startPipeline(
  { config, logger, lifetime, registry }: StartContext<Config>,
  early?: EarlySubscription
): Pipeline {
  const instruments = createInstruments(registry)
  const view = new PatternView({ maxLivePatterns: config.MAX_LIVE_PATTERNS })
  const blockMs = Math.min(1_000, config.STALE_AFTER_MS / 4)
  const stop = new AbortController()

  const connect = (name: string, commandTimeout = COMMAND_TIMEOUT) => {
    const redis = connectRedis({ url: config.REDIS_URL, name, logger, commandTimeout })
    lifetime.own(`redis ${name}`, () => redis.disconnect())
    return redis
  }
  // The reader itself tells that it fails; each of its attempts has a connection of its own, which would tell it again.
  const quiet = logger.child({}, { level: 'error' })
  const connectReader = (channel: Channel) =>
    connectRedis({ url: config.REDIS_URL, name: `pattern-query:log:${channel}`, logger: quiet })

  const redis = connect('pattern-query:projection')
  const appends = connect('pattern-query:append')
  const onTheirWay = new EventsOnTheirWay()
  const ingest = new Ingest({
    writers: perChannel(
      channel =>
        new LogWriter({
          redis: appends,
          channel,
          windowMs: config.DEDUP_WINDOW_MS,
          hardLength: hardLength(config),
          replicas: config.LOG_REPLICAS
        })
    ),
    deadLetters: new DeadLetters(appends),
    onTheirWay,
    patternTtlMs: config.PATTERN_TTL_MS,
    queueLimit: config.INGEST_QUEUE_LIMIT,
    logger,
    instruments
  })
  lifetime.own('ingest', () => ingest.stop())
  lifetime.own('ingest queue', () => ingest.drained())

  const settling = new Settling({ settle: () => view.settle() })
  const expiries = new ExpiryFeed({ view, append: event => ingest.append(event) })
  const unified = new UnifiedPatterns({ redis })
  const loader = new UnifiedLoader({ redis, logger })
  const followers = CHANNELS.map(
    channel =>
      new LogFollower({
        channel,
        view,
        unified,
        loader,
        redis,
        connect: () => connectReader(channel),
        logger,
        instruments,
        blockMs,
        known: json => onTheirWay.take(json),
        changed: () => {
          settling.wake()
          if (freshness().built) expiries.wake()
        }
      })
  )
  const freshness = (): Freshness => {
    const asOf = Math.min(...followers.map(({ lastReadAt }) => lastReadAt))
    return {
      built: followers.every(({ caughtUp }) => caughtUp),
      asOf,
      stale: Date.now() - asOf > config.STALE_AFTER_MS,
      trouble: followers.find(({ trouble }) => trouble)?.trouble
    }
  }

  const histories = new PatternHistories(connect('pattern-query:history', CALLER_TIMEOUT))

  const inbox = new InboxFeed({
    inbox: new Inbox(
      connect('pattern-query:inbox', COMMAND_TIMEOUT + blockMs),
      `${hostname()}-${process.pid}`,
      config.INBOX_ABANDONED_MS
    ),
    claimEveryMs: config.INBOX_ABANDONED_MS / CLAIMS,
    deliver: arrivals => ingest.deliver(arrivals),
    lost: count => ingest.lose('inbox', count),
    logger,
    blockMs
  })
  const pubsub = new PubSubFeed({
    subscription: early ?? openSubscription(config.REDIS_URL),
    take: arrival => ingest.take(arrival),
    logger
  })

  const running = Promise.all([
    ...followers.map(follower => follower.run(stop.signal)),
    inbox.run(stop.signal),
    pubsub.start(stop.signal)
  ])
  lifetime.own('feeds', async () => {
    stop.abort()
    expiries.stop()
    settling.stop()
    await running
  })
  lifetime.own('pubsub', () => pubsub.stop())

  registerGauges(registry, {
    queued: () => ingest.queued,
    drops: () => pubsub.drops,
    deaf: () => pubsub.deafMs / 1_000,
    live: () => view.size,
    evicted: () => view.evicted,
    lag: () => (Date.now() - freshness().asOf) / 1_000
  })
  return {
    view,
    freshness,
    listening: () => pubsub.subscribed,
    instruments,
    ingest: () => ingest.figures,
    historyOf: id => histories.of(id)
  }
}
