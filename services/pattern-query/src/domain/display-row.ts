import type { DisplayRow, Pattern } from '@tickstock/contracts'
import { shortName } from './short-name.ts'

const UNKNOWN = '-'

/**
 * A pattern as the row of existing dashboards: texts, ready to print.
 *
 * @param now ms; what is detected after it has the age `0s`, what should have expired by then says `now`
 */
export function displayRow(pattern: Pattern, now: number): DisplayRow {
  const { indicators } = pattern
  return {
    symbol: pattern.symbol,
    pattern: shortName(pattern.pattern),
    conf: Math.round(pattern.confidence * 100) / 100,
    rs: ratio(indicators.relative_strength),
    vol: ratio(indicators.relative_volume),
    price: money(pattern.price),
    chg: percent(pattern.change),
    time: duration(now - pattern.detected_at),
    exp: pattern.expires_at - now < SECOND ? 'now' : duration(pattern.expires_at - now),
    source: pattern.channel
  }
}

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** In the largest unit that is full: 45s, 15m, 4h, 3d. Never more than there is. */
function duration(ms: number): string {
  if (ms < MINUTE) return `${Math.max(0, Math.floor(ms / SECOND))}s`
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)}m`
  if (ms < DAY) return `${Math.floor(ms / HOUR)}h`
  return `${Math.floor(ms / DAY)}d`
}

const isKnown = (value: number | null | undefined): value is number => Number.isFinite(value)

/** With a number of decimals. What rounds to zero has no sign. */
const fixed = (value: number, decimals: number): string => value.toFixed(decimals).replace(/^-(0(?:\.0+)?)$/, '$1')

const ratio = (value: number | undefined): string => (isKnown(value) ? `${fixed(value, 1)}x` : UNKNOWN)

/** Below a dollar four decimals, as such shares are quoted. */
function money(value: number | null): string {
  if (!isKnown(value)) return UNKNOWN
  const text = fixed(value, Math.abs(value) < 1 ? 4 : 2)
  return text.startsWith('-') ? `-$${text.slice(1)}` : `$${text}`
}

function percent(value: number | null): string {
  if (!isKnown(value)) return UNKNOWN
  const text = fixed(value, 1)
  return `${Number(text) > 0 ? '+' : ''}${text}%`
}
