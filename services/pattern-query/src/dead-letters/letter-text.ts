import { isUtf8 } from 'node:buffer'
import { type KeptLetter, timeOfLetter } from '../stores/kept-letters.ts'

const EXCERPT = 60

const isoTime = (letter: KeptLetter): string => new Date(timeOfLetter(letter)).toISOString()

/** Nothing of a payload may move the cursor of a terminal. */
const printable = (text: string): string => text.replace(/[\p{Cc}\p{Cf}]/gu, '·')

/** One line of a list. */
export function lineOf(letter: KeptLetter): string {
  const { id, reason, payload, truncated } = letter
  const excerpt = printable(payload.subarray(0, 4 * EXCERPT).toString('utf8')).slice(0, EXCERPT)
  const bytes = truncated ?? payload.length
  return `${id.padEnd(18)} ${isoTime(letter)} ${reason.padEnd(15)} ${`${bytes} B`.padStart(10)}  ${excerpt}`
}

/** The whole letter, for a person. */
export function pageOf(letter: KeptLetter): string {
  const { id, reason, detail, origin, channel, payload, truncated } = letter
  const size =
    truncated === undefined ? `${payload.length}` : `${payload.length} of ${truncated}, cut: it cannot be replayed`
  const body = isUtf8(payload) ? payload.toString('utf8').replace(/[^\P{Cc}\n\t]/gu, '·') : hexOf(payload)
  return [
    `id       ${id}`,
    `refused  ${isoTime(letter)}`,
    `reason   ${reason}${detail === '' ? '' : `: ${printable(detail)}`}`,
    `origin   ${printable(origin)}${channel === undefined ? '' : `, channel ${channel}`}`,
    `bytes    ${size}`,
    '',
    body
  ].join('\n')
}

export function jsonOf(letter: KeptLetter): string {
  const { payload, ...about } = letter
  return JSON.stringify({ ...about, refused_at: timeOfLetter(letter), payload: payload.toString('base64') })
}

/** Bytes that are no text: 16 a line, by offset. */
function hexOf(payload: Buffer): string {
  return Array.from({ length: Math.ceil(payload.length / 16) }, (_, line) => {
    const bytes = payload.subarray(line * 16, line * 16 + 16)
    const hex = bytes.toString('hex').replace(/(..)(?=.)/g, '$1 ')
    return `${(line * 16).toString(16).padStart(6, '0')}  ${hex.padEnd(47)}  ${bytes.toString('latin1').replace(/[^ -~]/g, '·')}`
  }).join('\n')
}
