import { TypeCompiler } from '@sinclair/typebox/compiler'
import {
  type Channel,
  EVENT_KINDS,
  type EventKind,
  type Pattern,
  PatternEvent,
  type PatternIdentity
} from '@tickstock/contracts'
import { eventId } from './event-id.ts'
import { extraOf } from './extra.ts'
import { identityOf, publishedAt } from './identity.ts'
import { indicatorsOf } from './indicators.ts'
import { changeOf, confidenceOf, priceOf } from './numbers.ts'
import { parsePayload } from './payload.ts'
import { withPlausibleTimes } from './plausible-times.ts'
import { type Fields, type Shape, shapeOf, textOf } from './shape.ts'
import { timeUnder } from './times.ts'
import { UnreadableEventError } from './unreadable.ts'

export interface NormaliseOptions {
  /** The channel that the way in names; without it the event's own is taken. */
  readonly channel?: Channel | undefined
  /** How long a pattern lives that does not say it, ms. */
  readonly patternTtlMs: number
  /** What happened after this has not happened, ms. */
  readonly latest: number
}

/** How far a producer's time may be ahead of ours, ms: local time that was meant as UTC is off by 14 hours. */
export const AHEAD = 24 * 60 * 60 * 1_000

const patternEvent = TypeCompiler.Compile(PatternEvent)

/**
 * Understands what producers publish, in all its variety, as one form. Pure: the same bytes are the same event, on every replica.
 *
 * @throws UnreadableEventError with the reason
 */
export function normalise(payload: Buffer, options: NormaliseOptions): PatternEvent {
  const shape = shapeOf(parsePayload(payload))
  const kind = kindOf(shape.layers)
  const identity = identityOf(shape, kind, options.channel)
  const event = kind === 'pattern_expired' ? expiry(shape, identity) : appearance(shape, kind, identity, options)
  if (patternEvent.Check(event)) return withPlausibleTimes(event, options.latest)
  const faults = Array.from(patternEvent.Errors(event), ({ path, message }) => `${path}: ${message}`)
  throw new UnreadableEventError('invalid', faults.join('; '))
}

function expiry({ layers }: Shape, pattern: PatternIdentity): PatternEvent {
  const kind = 'pattern_expired'
  const published_at = publishedAt(layers) ?? pattern.detected_at
  return { id: eventId(kind, layers, () => [pattern, published_at]), published_at, kind, pattern }
}

function appearance(
  shape: Shape,
  kind: Exclude<EventKind, 'pattern_expired'>,
  identity: PatternIdentity,
  { patternTtlMs }: NormaliseOptions
): PatternEvent {
  const { layers, pattern: said } = shape
  const published_at = publishedAt(layers) ?? identity.detected_at
  const statedExpiry = timeUnder(said, 'expires_at')
  const replayedFrom = timeUnder(said, 'replayed_from')
  const indicators = indicatorsOf(said['indicators'])
  const extra = extraOf(shape, indicators.others)
  const pattern: Pattern = {
    ...identity,
    confidence: confidenceOf(said),
    price: priceOf(said),
    change: changeOf(said),
    indicators: indicators.numbers,
    // From the publication, not the detection: a daily bar's time is hours old when its pattern is published.
    expires_at: statedExpiry ?? Math.max(published_at, identity.detected_at) + patternTtlMs,
    updated_at: published_at,
    synthetic: isSynthetic(said),
    ...(replayedFrom === undefined ? {} : { replayed_from: replayedFrom }),
    ...(extra === undefined ? {} : { extra })
  }
  // Its own time is part of what it says: an update may return to an earlier value, and a detection may revive a pattern that has ended.
  const stated = () => [{ ...pattern, expires_at: statedExpiry ?? null, updated_at: null }, published_at]
  return { id: eventId(kind, layers, stated), published_at, kind, pattern }
}

/** What is derived must never pass for traded because it says so in another way. */
function isSynthetic({ synthetic: said }: Fields): boolean {
  return said === true || said === 1 || (typeof said === 'string' && /^\s*(?:true|1|yes)\s*$/i.test(said))
}

function kindOf(layers: readonly Fields[]): EventKind {
  for (const fields of layers) {
    const type = textOf(fields, 'event_type')
    if (type === undefined) continue
    const name = type.toLowerCase()
    const kind = EVENT_KINDS.find(known => known === name)
    if (kind) return kind
    throw new UnreadableEventError(
      'event_type',
      'event_type is none of pattern_detected, pattern_updated, pattern_expired'
    )
  }
  return 'pattern_detected'
}
