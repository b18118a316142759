import { hostname } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { type PerChannel, perChannel } from '@tickstock/contracts'
import type { RedisClient } from '@tickstock/event-log'
import { isRetryable, pause as patience } from '@tickstock/event-log'
import { ANONYMOUS, connectRedis, type Logger, serviceCredentials } from '@tickstock/service-kit'
import type { Registry } from 'prom-client'
import { type Authenticator, authenticator } from './authenticate.ts'
import type { GatewayConfig } from './config.ts'
import { DeliveryMetrics } from './delivery-metrics.ts'
import { Acknowledgements } from './domain/acknowledgements.ts'
import { Admission } from './domain/admission.ts'
import { ChannelLog } from './domain/channel-log.ts'
import type { Clock } from './domain/clock.ts'
import { DeliveryBook } from './domain/delivery-book.ts'
import { Following } from './domain/following.ts'
import { LogWait } from './domain/log-wait.ts'
import { Pulse } from './domain/pulse.ts'
import { Seats } from './domain/seats.ts'
import type { SessionContext } from './domain/session.ts'
import { Sessions } from './domain/sessions.ts'
import { SnapshotDelivery } from './domain/snapshot-delivery.ts'
import { Subscribing } from './domain/subscribing.ts'
import { WebSocketPublisher } from './domain/websocket-publisher.ts'
import { ChannelFeed } from './feeds/channel-feed.ts'
import { GatewayFeeds } from './feeds/gateway-feeds.ts'
import { pause, UniverseFeed } from './feeds/universe-feed.ts'
import { GatewayMetrics } from './gateway-metrics.ts'
import { keepingPause } from './keeping-pause.ts'
import { LoopLag } from './loop-lag.ts'
import { Pacemaker } from './pacemaker.ts'
import { AcknowledgedHash } from './stores/acknowledged-hash.ts'
import { HttpSnapshots } from './stores/http-snapshots.ts'
import { HttpUniverse } from './stores/http-universe.ts'
import { LogHistory } from './stores/log-history.ts'
import { noSnapshots } from './stores/no-snapshots.ts'
import { noUniverse } from './stores/no-universe.ts'
import { SlotGroups } from './stores/slot-groups.ts'
import { SlotLease } from './stores/slot-lease.ts'

export interface GatewayOptions {
  readonly config: GatewayConfig
  readonly logger: Logger
  readonly registry: Registry
  /** For commands; needs a command timeout. */
  readonly redis: RedisClient
}

/** What this service is called. */
export const SERVICE = 'realtime-gateway'

/** Looks for abandoned groups in the time that they may stay. */
const SWEEPS = 10

/**
 * Least time between two flushes, ms. A write costs some 10 µs whatever is in it, so at a high rate what is due is joined; at a low rate nothing waits.
 */
const FLUSH_INTERVAL = 10

/** A client that takes longer for one frame of a snapshot leaves its place to others, ms: that is half a kilobyte a second. */
const SNAPSHOT_PATIENCE = 60_000

/** The parts that sockets and the log meet in. */
export interface Gateway {
  readonly clock: Clock
  readonly logs: PerChannel<ChannelLog>
  readonly pulse: Pulse
  readonly sessions: Sessions
  readonly admission: Admission
  readonly lag: LoopLag
  readonly sessionContext: Omit<SessionContext, 'authenticate' | 'welcomed'>
  readonly authenticate: Authenticator
  readonly acknowledgements: Acknowledgements
  readonly feeds: GatewayFeeds
  readonly universeFeed: UniverseFeed
  /** Of what happens, and of what is replayed. */
  readonly pacemakers: readonly Pacemaker[]
}

export function createGateway({ config, logger, registry, redis }: GatewayOptions): Gateway {
  const clock: Clock = { now: () => performance.now(), time: () => Date.now() }
  const bounds = { entries: config.RING_SIZE, bytes: config.RING_BYTES }
  const logs = perChannel(channel => new ChannelLog(channel, { epoch: '', offset: 0 }, bounds))
  const pulse = new Pulse()
  const history = new LogHistory(redis)
  const sessions = new Sessions({
    total: config.MAX_CONNECTIONS,
    perAddress: config.MAX_CONNECTIONS_PER_ADDRESS,
    unauthenticated: { total: config.MAX_UNAUTHENTICATED, perAddress: config.MAX_UNAUTHENTICATED_PER_ADDRESS }
  })
  const observer = new GatewayMetrics({ registry, logger, logs, pulse, sessions, clock })
  const lag = new LoopLag()
  const admission = new Admission({
    sessions,
    isLogAway: () => pulse.away(clock.now()).length > 0,
    now: clock.now,
    lag: () => lag.now,
    random: Math.random,
    refused: () => observer.refused()
  })

  const pacemaker = new Pacemaker({ beat: () => publisher.flush(), intervalMs: FLUSH_INTERVAL })
  const replays = new Pacemaker({ beat: () => publisher.replay(), intervalMs: 0 })
  const publisher = new WebSocketPublisher({
    logs,
    history,
    observer,
    maxReplay: config.MAX_REPLAY,
    replayBytes: config.REPLAY_BYTES,
    wake: () => pacemaker.wake(),
    wakeReplay: () => replays.wake()
  })
  const following = new Following({ pause, failed: error => observer.failed(error) })
  const { PATTERNS_URL, UNIVERSE_URL } = config
  const asUser = () => serviceCredentials(config, SERVICE)
  const universe =
    UNIVERSE_URL === undefined
      ? noUniverse
      : new HttpUniverse({
          url: UNIVERSE_URL,
          credentials: asUser(),
          now: clock.now,
          failed: error => observer.failed(error)
        })
  const snapshots =
    PATTERNS_URL === undefined ? noSnapshots : new HttpSnapshots({ url: PATTERNS_URL, credentials: asUser() })
  const book = new DeliveryBook()
  const acknowledgements = new Acknowledgements({
    positions: new AcknowledgedHash(redis),
    history,
    observer: new DeliveryMetrics({
      registry,
      logger,
      totals: book.totals,
      waiting: () => acknowledgements.waiting,
      snapshots: () => snapshotDelivery.underWay
    }),
    pause: keepingPause,
    mayRecover: isRetryable
  })
  const snapshotDelivery = new SnapshotDelivery({
    snapshots,
    observer,
    patience: abort => patience(SNAPSHOT_PATIENCE, abort)
  })
  const subscribing = new Subscribing({
    logs,
    publisher,
    history,
    pulse,
    universe,
    snapshots: snapshotDelivery,
    following,
    acknowledgements,
    book,
    anonymous: ANONYMOUS,
    logWait: new LogWait({
      pulse,
      now: clock.now,
      pause: ms => delay(ms, undefined, { ref: false }),
      failed: error => observer.historyFailed(error)
    })
  })

  const prefill = config.RING_SIZE
  const lease = new SlotLease({ redis, logger, slot: config.SLOT, ttlMs: config.SLOT_TTL_MS })
  // The reader itself tells that it fails; each of its attempts has a connection of its own, which would tell it again.
  const quiet = logger.child({}, { level: 'error' })
  const feeds = new GatewayFeeds({
    feeds: perChannel(
      channel => new ChannelFeed({ log: logs[channel], publisher, history, pulse, logger, prefill, clock })
    ),
    lease,
    groups: new SlotGroups({ redis, logger, lease, retentionMs: config.GROUP_RETENTION_MS }),
    sweepMs: config.GROUP_RETENTION_MS / SWEEPS,
    history,
    logger,
    prefill,
    connect: () => connectRedis({ url: config.REDIS_URL, name: 'gateway log reader', logger: quiet })
  })

  const universeFeed = new UniverseFeed({
    following,
    connect: () => connectRedis({ url: config.REDIS_URL, name: 'gateway universe reader', logger: quiet }),
    logger
  })

  const sessionContext = {
    server: `${hostname()}:${process.pid}`,
    heartbeatMs: config.HEARTBEAT_MS,
    subscribing,
    publisher,
    observer,
    ...clock,
    seats: new Seats(config.MAX_CONNECTIONS_PER_USER)
  }
  const authenticate = authenticator(config, logger)
  return {
    clock,
    logs,
    pulse,
    sessions,
    admission,
    lag,
    sessionContext,
    authenticate,
    acknowledgements,
    feeds,
    universeFeed,
    pacemakers: [pacemaker, replays]
  }
}
