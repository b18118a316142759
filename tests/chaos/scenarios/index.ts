import type { Scenario } from '../scenario.ts'
import { allKilled } from './all-killed.ts'
import { clockJumped } from './clock-jumped.ts'
import { clusterNodeKilled, sentinelFailover } from './failover.ts'
import { gatewayKilled } from './gateway-killed.ts'
import { ingestKilled } from './ingest-killed.ts'
import { crawlingReader, networkCut, networkHalfOpen } from './network.ts'
import { nginxReloaded, rollingRestart, slotTakenOver } from './operations.ts'
import { redisFlushed } from './redis-flushed.ts'
import { redisLostItsTail } from './redis-lost-its-tail.ts'
import { redisPaused } from './redis-paused.ts'
import { redisKilled, redisTerminated } from './redis-restarted.ts'
import { redisStalled } from './redis-stalled.ts'
import { replayTooLarge, retentionCut } from './retention.ts'
import { stampede } from './stampede.ts'
import { postgresKilled, universeKilled } from './universe-killed.ts'

/** In the order in which they run: those that want the same system stand together. */
export const SCENARIOS: readonly Scenario[] = [
  gatewayKilled,
  ingestKilled,
  allKilled,
  universeKilled,
  postgresKilled,
  redisKilled,
  redisPaused,
  redisStalled,
  redisFlushed,
  networkCut,
  networkHalfOpen,
  crawlingReader,
  nginxReloaded,
  rollingRestart,
  clockJumped,
  stampede,
  slotTakenOver,
  redisTerminated,
  redisLostItsTail,
  retentionCut,
  replayTooLarge,
  sentinelFailover,
  clusterNodeKilled
]

/** Every kind of fault once. */
export const SHORT_SCENARIOS: readonly Scenario[] = SCENARIOS.filter(({ onlyInFull }) => onlyInFull !== true)

/** Faults that lose nothing, on the system that most scenarios share: any number of them may follow each other. */
export const LOSSLESS_SCENARIOS: readonly Scenario[] = SCENARIOS.filter(
  ({ gaps, crowd, system }) => gaps === undefined && crowd !== true && system === undefined
)
