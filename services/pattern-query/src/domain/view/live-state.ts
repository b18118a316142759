import { asciiJson, CHANNELS, type Pattern, perChannel } from '@tickstock/contracts'

/** What a channel's log says of a live pattern. */
export interface LiveState {
  readonly pattern: Pattern
  /** The pattern's JSON, ASCII alone: the row of an answer, and the member of the ZSET. */
  readonly row: string
}

/** @param row the pattern's JSON, ASCII alone, where it is known */
export const liveState = (pattern: Pattern, row = asciiJson(pattern)): LiveState => ({ pattern, row })

const RANKS = perChannel(channel => CHANNELS.indexOf(channel))

/**
 * Which of two channels' words on one pattern counts: the newer; of equal moments that of the later channel in the list of them. Logs have no order between
 * them, so nothing that depends on who was read first may decide.
 */
export const isNewer = (one: Pattern, other: Pattern): boolean =>
  one.updated_at === other.updated_at ? RANKS[one.channel] > RANKS[other.channel] : one.updated_at > other.updated_at
