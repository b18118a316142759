import type { LogEntry, ServerMessage } from '@tickstock/contracts'
import type { Effect } from './matcher.ts'

/** Most bytes of messages in one frame that many share, for a socket that takes what it is given. Larger ones cost latency and save nothing measurable. */
export const WRITE_BYTES = 64 * 1024

/**
 * The same for a frame that few share: so much a socket costs that stalls in it. Of a thousand filters that are all distinct it makes no difference that can be measured; where
 * all take one frame of a hundred events, three writes instead of one cost a fifth more.
 */
export const OWN_WRITE_BYTES = 16 * 1024

/**
 * Most bytes of messages in one frame of a replay, or for a socket that did not take its last one. It is what a socket that stalls has in memory, and what a
 * reader of 1 KB/s takes within two heartbeats, so that he sees that he is not dead.
 */
export const SMALL_WRITE_BYTES = 8 * 1024

/** All that a server says except events. */
export type ControlMessage = Exclude<ServerMessage, { type: 'event' }>

/** A frame of one control message. */
export const frameOf = (message: ControlMessage): string => JSON.stringify(message)

/**
 * Text of an event message. The event is the log's own JSON, never encoded again.
 *
 * @param previous offset of the match before it
 * @param effect on the patterns that match the feed's filter
 */
export function eventText(
  feed: string,
  { epoch, offset, appendedAt, json }: LogEntry,
  previous: number,
  effect: Effect = 'updated'
): string {
  const place = `"feed":"${feed}","epoch":${JSON.stringify(epoch)},"offset":${offset},"previous":${previous}`
  const change = effect === 'updated' ? '' : `"change":"${effect}",`
  return `{"type":"event",${place},"at":${appendedAt},${change}"event":${json}}`
}

/** FIN and the opcode of text; a server does not mask. */
const TEXT = 0x81
const SHORT = 126
const LONG = 0x10000

const headerBytes = (length: number): number => (length < SHORT ? 2 : length < LONG ? 4 : 10)

/**
 * An empty WebSocket text frame for a payload of so many bytes. Made once for all who are sent it: framing and `ws`' own way of sending cost as much as
 * everything else that is done for a write.
 */
function emptyFrame(length: number): { readonly frame: Buffer; readonly header: number } {
  const header = headerBytes(length)
  // Not of the pool: a frame of 500 bytes that waits for a client would keep 8 KB of it.
  const frame = Buffer.allocUnsafeSlow(header + length)
  frame[0] = TEXT
  if (length < SHORT) frame[1] = length
  else if (length < LONG) {
    frame[1] = SHORT
    frame.writeUInt16BE(length, 2)
  } else {
    frame[1] = SHORT + 1
    frame.writeBigUInt64BE(BigInt(length), 2)
  }
  return { frame, header }
}

/** A text as one whole WebSocket frame. */
export function textFrame(text: string): Buffer {
  const { frame, header } = emptyFrame(Buffer.byteLength(text))
  frame.write(text, header)
  return frame
}

/** Messages in a row, as one frame. */
export const arrayOf = (texts: readonly string[]): Buffer => textFrame(`[${texts.join(',')}]`)

/** What a frame that was made here holds. */
export function payloadOf(frame: Buffer): Buffer {
  const length = frame[1] ?? 0
  return frame.subarray(length < SHORT ? 2 : length === SHORT ? 4 : 10)
}

const COMMA = 0x2c
const OPEN = 0x5b
const CLOSE = 0x5d

/** Joins frames of arrays into one frame of one array. A single one is returned as it is, so that clients share it. */
export function joinArrays(frames: readonly Buffer[]): Buffer {
  const [first] = frames
  if (frames.length === 1 && first !== undefined) return first
  const payloads = frames.map(payloadOf)
  // Each brings two brackets; between two of them one comma is left.
  const length = payloads.reduce((sum, payload) => sum + payload.length - 1, 1)
  const { frame, header } = emptyFrame(length)
  let at = header
  for (const payload of payloads) {
    frame[at] = COMMA
    payload.copy(frame, at + 1, 1, payload.length - 1)
    at += payload.length - 1
  }
  frame[header] = OPEN
  frame[at] = CLOSE
  return frame
}
