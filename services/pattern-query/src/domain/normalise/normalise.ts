import { TypeCompiler } from '@sinclair/typebox/compiler'
import {
  type Channel,
  EVENT_KINDS,
  type EventKind,
  type Pattern,
  PatternEvent,
  type PatternIdentity,
  PatternName,
  patternId,
  SymbolName
} from '@tickstock/contracts'
import { channelOf } from './channel-of.ts'
import { eventId } from './event-id.ts'
import { indicatorsOf, numberOf, numberOrNull } from './numbers.ts'
import { parsePayload } from './payload.ts'
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
  if (patternEvent.Check(event)) return inThePast(event, options.latest)
  const first = patternEvent.Errors(event).First()
  throw new UnreadableEventError('invalid', `${first?.path ?? ''}: ${first?.message ?? 'not a pattern event'}`)
}

/**
 * A clock that is far ahead would do more than err once: when there are too many patterns the oldest detections go, so
 * those of the future stay, and push out every true one.
 */
function inThePast(event: PatternEvent, latest: number): PatternEvent {
  if (Math.max(event.published_at, event.pattern.detected_at) <= latest) return event
  throw new UnreadableEventError('future', 'it says that it happens in the future')
}

function expiry({ layers }: Shape, pattern: PatternIdentity): PatternEvent {
  const kind = 'pattern_expired'
  return {
    id: eventId(kind, layers, [pattern]),
    published_at: publishedAt(layers) ?? pattern.detected_at,
    kind,
    pattern
  }
}

function appearance(
  { layers, pattern: said }: Shape,
  kind: Exclude<EventKind, 'pattern_expired'>,
  identity: PatternIdentity,
  { patternTtlMs }: NormaliseOptions
): PatternEvent {
  const published_at = publishedAt(layers) ?? identity.detected_at
  const statedExpiry = timeUnder(said, 'expires_at')
  const replayedFrom = timeUnder(said, 'replayed_from')
  const pattern: Pattern = {
    ...identity,
    confidence: confidenceOf(said),
    price: numberOrNull(said, 'current_price', 'price'),
    change: numberOrNull(said, 'price_change'),
    indicators: indicatorsOf(said['indicators']),
    // From the publication, not the detection: a daily bar's time is hours old when its pattern is published.
    expires_at: statedExpiry ?? Math.max(published_at, identity.detected_at) + patternTtlMs,
    updated_at: published_at,
    synthetic: said['synthetic'] === true,
    ...(replayedFrom === undefined ? {} : { replayed_from: replayedFrom })
  }
  // A detection said twice is one, whenever it is said; an update may return to an earlier value, so its time is part of what it says.
  const stated = { ...pattern, expires_at: statedExpiry ?? null, updated_at: null }
  const id = eventId(kind, layers, kind === 'pattern_updated' ? [stated, published_at] : [stated])
  return { id, published_at, kind, pattern }
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

const symbolName = TypeCompiler.Compile(SymbolName)
const patternName = TypeCompiler.Compile(PatternName)

/** No colon: it parts the id of a pattern. */
const TIMEFRAME = /^[a-z0-9][a-z0-9_ .-]{0,31}$/

function identityOf(shape: Shape, kind: EventKind, named: Channel | undefined): PatternIdentity {
  const { pattern: said } = shape
  const symbol = textOf(said, 'symbol')?.toUpperCase()
  if (!symbolName.Check(symbol)) throw new UnreadableEventError('symbol', 'symbol is not a ticker symbol')
  const pattern = textOf(said, 'pattern', 'pattern_name', 'pattern_type')
  if (!patternName.Check(pattern)) {
    throw new UnreadableEventError('pattern', 'neither pattern, pattern_name nor pattern_type is a name')
  }
  const channel = named ?? channelOf(shape)
  const timeframe = (textOf(said, 'timeframe') ?? channel).toLowerCase()
  if (!TIMEFRAME.test(timeframe)) throw new UnreadableEventError('timeframe', 'timeframe is not a bar size')
  const detected_at = detectedAt(shape, kind)
  return {
    id: patternId({ symbol, pattern, timeframe, detected_at }),
    symbol,
    pattern,
    channel,
    timeframe,
    detected_at
  }
}

/** An expiry is published long after its detection, so the time of its envelope would be another pattern's. */
function detectedAt({ layers, pattern }: Shape, kind: EventKind): number {
  const own = timeUnder(pattern, 'detected_at', 'timestamp')
  const time = own ?? (kind === 'pattern_expired' ? undefined : publishedAt(layers))
  if (time === undefined) throw new UnreadableEventError('time', 'neither detected_at nor timestamp says when')
  return time
}

/** The envelope's time; the outermost, for that is the one of the publication. */
function publishedAt(layers: readonly Fields[]): number | undefined {
  for (const fields of layers) {
    const time = timeUnder(fields, 'timestamp')
    if (time !== undefined) return time
  }
  return undefined
}

function confidenceOf(said: Fields): number {
  const confidence = numberOf(said['confidence'])
  if (confidence === undefined || confidence < 0 || confidence > 1) {
    throw new UnreadableEventError('confidence', 'confidence is not a number from 0 to 1')
  }
  return confidence
}
