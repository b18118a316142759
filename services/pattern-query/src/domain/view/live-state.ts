import { asciiJson, CHANNELS, type Channel, type Pattern, perChannel } from '@tickstock/contracts'

/** What a channel's log says of a live pattern, and its text in answers. Immutable: a page keeps it while the view changes. */
export interface LiveState {
  readonly pattern: Pattern
  /**
   * The pattern's JSON after a comma, ASCII alone, made once: an answer is joined from these. Of 30 rows of 20,000, joining costs 3 µs, nearly all of it
   * the memory that they are in; commas added in between would be pieces too, 1.6 µs. Bytes in one buffer were no faster: see the README.
   */
  readonly listed: string
  /** Of `listed`: FNV-1a. */
  readonly hash: number
}

/** @param row the pattern's JSON, ASCII alone, where it is known */
export function liveState(pattern: Pattern, row = asciiJson(pattern)): LiveState {
  const listed = `,${row}`
  return { pattern, listed, hash: hashOf(listed) }
}

/** The pattern's JSON, ASCII alone: the first row of an answer, and the member of the ZSET. */
export const rowOf = ({ listed }: LiveState): string => listed.slice(1)

/** Rows of a JSON list. Added one to the other and not joined: the pieces are copied once, when the answer is written. */
export function listOf(states: readonly LiveState[]): string {
  let rows = states[0] ? rowOf(states[0]) : ''
  for (let at = 1; at < states.length; at++) rows += states[at]?.listed
  return rows
}

const RANKS = perChannel(channel => CHANNELS.indexOf(channel))

/** Of what a channel says: its own name, and the moment that it speaks of. */
export interface Word {
  readonly channel: Channel
  readonly updated_at: number
}

/**
 * Which of two channels' words on one pattern counts: the newer; of equal moments that of the later channel in the list of them. Logs have no order between
 * them, so the order in which they were read must not decide.
 */
export const isNewer = (one: Word, other: Word): boolean =>
  one.updated_at === other.updated_at ? RANKS[one.channel] > RANKS[other.channel] : one.updated_at > other.updated_at

function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash
}
