import type { LogEntry, ServerMessage } from '@tickstock/contracts'

/** Most bytes that are joined into one write. Larger ones cost latency on slow links and save nothing measurable. */
export const WRITE_BYTES = 64 * 1024

/** All that a server says except events. */
export type ControlMessage = Exclude<ServerMessage, { type: 'event' }>

/** A frame of one control message. */
export const frameOf = (message: ControlMessage): string => JSON.stringify(message)

/**
 * Text of an event message. The event is the log's own JSON, never encoded again.
 *
 * @param previous offset of the match before it
 */
export const eventText = (feed: string, { epoch, offset, json }: LogEntry, previous: number): string =>
  `{"type":"event","feed":"${feed}","epoch":${JSON.stringify(epoch)},"offset":${offset},"previous":${previous},"event":${json}}`

/** Messages in a row, as one frame. */
export const arrayOf = (texts: readonly string[]): Buffer => Buffer.from(`[${texts.join(',')}]`)

const OPEN = Buffer.from('[')
const COMMA = Buffer.from(',')
const CLOSE = Buffer.from(']')

/** Joins array frames into one array frame. A single one is returned as it is, so that clients share it. */
export function joinArrays(frames: readonly Buffer[]): Buffer {
  const [first] = frames
  if (frames.length === 1 && first !== undefined) return first
  const parts = frames.flatMap((frame, at) => [at === 0 ? OPEN : COMMA, frame.subarray(1, -1)])
  return Buffer.concat([...parts, CLOSE])
}
