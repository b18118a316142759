import {
  type Channel,
  checkOf,
  type EventKind,
  type PatternIdentity,
  PatternName,
  patternId,
  SymbolName
} from '@tickstock/contracts'
import { channelOf } from './channel-of.ts'
import { type Fields, type Shape, textOf } from './shape.ts'
import { timeUnder } from './times.ts'
import { UnreadableEventError } from './unreadable.ts'

const symbolName = checkOf(SymbolName)
const patternName = checkOf(PatternName)

/** No colon: it parts the id of a pattern. */
const TIMEFRAME = /^[a-z0-9][a-z0-9_ .-]{0,31}$/

/**
 * Which pattern an event is about.
 *
 * @param named the channel that the way in names; without it the event's own is taken
 * @throws UnreadableEventError symbol, pattern, channel, timeframe, time
 */
export function identityOf(shape: Shape, kind: EventKind, named: Channel | undefined): PatternIdentity {
  const { pattern: said } = shape
  const symbol = textOf(said, 'symbol')?.toUpperCase()
  if (!symbolName.accepts(symbol)) throw new UnreadableEventError('symbol', 'symbol is not a ticker symbol')
  const pattern = textOf(said, 'pattern', 'pattern_name', 'pattern_type')
  if (!patternName.accepts(pattern)) {
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
export function publishedAt(layers: readonly Fields[]): number | undefined {
  for (const fields of layers) {
    const time = timeUnder(fields, 'timestamp')
    if (time !== undefined) return time
  }
  return undefined
}
