import {
  CHANNELS,
  type Channel,
  perChannel,
  UNIFIED_KEY,
  UNIFIED_POSITIONS_KEY,
  unifiedEndedKey,
  unifiedEndsKey,
  unifiedStatesKey
} from '@tickstock/contracts'
import type { RedisClient } from '@tickstock/event-log'

/** How far a channel's log stands in Redis. */
export interface UnifiedPosition {
  readonly epoch: string
  readonly offset: number
  /** The highest `appendedAt` so far, ms. */
  readonly logTime: number
  /** No end before this offset is remembered. */
  readonly endsFrom: number
}

export const writePosition = ({ epoch, offset, logTime, endsFrom }: UnifiedPosition): string =>
  `${epoch}:${offset}:${logTime}:${endsFrom}`

/** @returns undefined where there is none, or one of another release */
export function readPosition(text: string | null | undefined): UnifiedPosition | undefined {
  const [, epoch, ...numbers] = /^(.+):(\d+):(\d+):(\d+)$/.exec(text ?? '') ?? []
  const [offset = 0, logTime = 0, endsFrom = 0] = numbers.map(Number)
  return epoch === undefined ? undefined : { epoch, offset, logTime, endsFrom }
}

/** How far a channel's log was projected. @returns undefined: never, by another release, or all is lost */
export const projectedPosition = async (redis: RedisClient, channel: Channel): Promise<UnifiedPosition | undefined> =>
  readPosition(await redis.hget(UNIFIED_POSITIONS_KEY, channel))

/** KEYS of the scripts, in their order. */
export const SCRIPT_KEYS = ['unified', 'positions', ...CHANNELS, 'ends', 'ended'] as const

export const keysOf = (channel: Channel): Readonly<Record<(typeof SCRIPT_KEYS)[number], string>> => ({
  unified: UNIFIED_KEY,
  positions: UNIFIED_POSITIONS_KEY,
  ...perChannel(unifiedStatesKey),
  ends: unifiedEndsKey(channel),
  ended: unifiedEndedKey(channel)
})

/** Which of the states is the channel's own, as the scripts count. */
export const placeOf = (channel: Channel): number => CHANNELS.indexOf(channel) + 1

/** Of what Redis lists in pairs, `[id, value, id, value …]`, the first ones. */
export const everySecond = (pairs: readonly string[]): string[] => pairs.filter((_, index) => index % 2 === 0)
