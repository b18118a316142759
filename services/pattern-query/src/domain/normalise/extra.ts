import { refuseForbidden } from './forbidden-names.ts'
import type { Shape } from './shape.ts'
import { UnreadableEventError } from './unreadable.ts'

/** Bounds of what is kept besides what we know: enough for any producer, and a hostile one cannot grow the log with it. */
const EXTRA_LIMITS = { fields: 32, bytes: 4 * 1024, depth: 4 } as const

/** Fields that have a meaning here, at whichever level they stand. */
const KNOWN: ReadonlySet<string> = new Set([
  'event_type',
  'flow_id',
  'timestamp',
  'source',
  'tier',
  'channel',
  'symbol',
  'pattern',
  'pattern_name',
  'pattern_type',
  'timeframe',
  'confidence',
  'current_price',
  'price',
  'price_change',
  'detected_at',
  'expires_at',
  'indicators',
  'synthetic',
  'replayed_from'
])

/**
 * What a producer says besides, by name and in order of name; of a name at several levels, the innermost. undefined where there is nothing.
 * What is null says nothing.
 *
 * @param indicators those that are not numbers of ours
 * @throws UnreadableEventError extra, forbidden_name
 */
export function extraOf(
  { layers }: Shape,
  indicators: ReadonlyMap<string, unknown>
): Record<string, unknown> | undefined {
  const found = new Map<string, unknown>()
  for (const [depth, layer] of layers.entries()) {
    for (const name of Object.keys(layer)) {
      if (KNOWN.has(name)) continue
      const value = layer[name]
      const isNested = name === 'data' && value === layers[depth + 1]
      if (!isNested && value !== null) found.set(name, value)
    }
  }
  if (indicators.size > 0) found.set('indicators', Object.fromEntries(indicators))
  return found.size === 0 ? undefined : bounded(found)
}

function bounded(found: ReadonlyMap<string, unknown>): Record<string, unknown> {
  if (found.size > EXTRA_LIMITS.fields) {
    throw new UnreadableEventError('extra', `${found.size} unknown fields are more than ${EXTRA_LIMITS.fields}`)
  }
  for (const [name, value] of found) {
    refuseForbidden(name)
    checkNested(value, 1)
  }
  const extra = Object.fromEntries([...found].sort(([one], [other]) => (one < other ? -1 : 1)))
  const bytes = Buffer.byteLength(JSON.stringify(extra))
  if (bytes <= EXTRA_LIMITS.bytes) return extra
  throw new UnreadableEventError('extra', `${bytes} bytes of unknown fields are more than ${EXTRA_LIMITS.bytes}`)
}

/** Stops at the limit, so that the deepest nesting costs no more than that. */
function checkNested(value: unknown, depth: number): void {
  if (typeof value !== 'object' || value === null) return
  if (depth >= EXTRA_LIMITS.depth) {
    throw new UnreadableEventError('extra', `unknown fields are nested more than ${EXTRA_LIMITS.depth} deep`)
  }
  for (const [name, inner] of Object.entries(value)) {
    refuseForbidden(name)
    checkNested(inner, depth + 1)
  }
}
