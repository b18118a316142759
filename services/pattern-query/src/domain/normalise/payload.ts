import { isUtf8 } from 'node:buffer'
import { UnreadableEventError } from './unreadable.ts'

/** Largest payload that is parsed, bytes. Events of producers have some 500; the bound keeps a hostile one from holding the event loop. */
export const PAYLOAD_LIMIT = 256 * 1024

const BYTE_ORDER_MARK = 0xfeff

/**
 * Parses a producer's bytes. A byte order mark before them is left out.
 *
 * Python's `json.dumps` writes `NaN` and `Infinity` for numbers that it does not know, e.g. an RSI while it warms up. They are read as null:
 * one unknown indicator must not cost the event.
 *
 * Integers beyond 2^53 are read as their decimal text, because a number would round them: here, and in the browser that the event goes to.
 *
 * @throws UnreadableEventError too_large, not_utf8, not_json
 */
export function parsePayload(payload: Buffer): unknown {
  if (payload.length > PAYLOAD_LIMIT) {
    throw new UnreadableEventError('too_large', `${payload.length} bytes are more than ${PAYLOAD_LIMIT}`)
  }
  // Decoded all the same, different bytes would become the same flow_id.
  if (!isUtf8(payload)) throw new UnreadableEventError('not_utf8', 'the payload is not UTF-8')
  const decoded = payload.toString('utf8')
  const text = decoded.charCodeAt(0) === BYTE_ORDER_MARK ? decoded.slice(1) : decoded
  return tryParse(text) ?? tryParse(withoutNotNumbers(text)) ?? refuse()
}

// The last alternatives let an unclosed string run to the end, so that no input is looked at twice from the same place.
const STRING_OR_NOT_NUMBER = /"(?:[^"\\]|\\.)*(?:"|\\?$)|-?\b(?:NaN|Infinity)\b/gs

const withoutNotNumbers = (text: string): string =>
  text.replace(STRING_OR_NOT_NUMBER, match => (match.startsWith('"') ? match : 'null'))

/** undefined where the text is not JSON; a `null` document is no object either, so it may be taken for the same. */
function tryParse(text: string): unknown {
  try {
    return MAY_BE_LARGE.test(text) ? JSON.parse(text, exactInteger) : JSON.parse(text)
  } catch {
    return undefined
  }
}

// The first digits of a number, as many as an integer beyond 2^53 has. Few events have such: JSON.parse alone is several times as fast.
const MAY_BE_LARGE = /[[:,\s-]\d{16}/

const INTEGER = /^-?\d+$/

function exactInteger(_name: string, value: unknown, said?: { readonly source?: string }): unknown {
  const source = said?.source
  const isRounded =
    typeof value === 'number' && !Number.isSafeInteger(value) && source !== undefined && INTEGER.test(source)
  return isRounded ? source : value
}

function refuse(): never {
  throw new UnreadableEventError('not_json', 'the payload is not JSON')
}
