import type { LogEntry, PatternEvent } from '@tickstock/contracts'
import type { ChannelLog } from '../../src/domain/channel-log.ts'
import { type Feed, feedKey } from '../../src/domain/feed.ts'
import { canonical, type SelectedFilter } from '../../src/domain/matcher.ts'

const about = (detectedAt: number, symbol: string, channel: 'daily' | 'intraday' | 'combo') => ({
  id: `${symbol}:Doji:daily:${detectedAt}`,
  symbol,
  pattern: 'Doji',
  channel,
  timeframe: 'daily',
  detected_at: detectedAt
})

export interface Say {
  readonly symbol?: string
  readonly confidence?: number
  readonly expired?: boolean
  readonly channel?: 'daily' | 'intraday' | 'combo'
  /** Tells the patterns of a symbol apart. Default: each event is of a pattern of its own. */
  readonly pattern?: number
  /** Of which moment the event speaks. Default: its offset. */
  readonly moment?: number
  /** Bytes that it is larger by. */
  readonly padding?: number
}

/** An event of the log, with what matters to a filter given. */
export function eventOf(
  offset: number,
  {
    symbol = 'AAPL',
    confidence = 0.8,
    expired = false,
    channel = 'daily',
    pattern: detectedAt = offset,
    moment = offset
  }: Say = {}
): PatternEvent {
  const identity = about(detectedAt, symbol, channel)
  const head = { id: `event-${offset}`, published_at: moment }
  if (expired) return { ...head, kind: 'pattern_expired', pattern: identity }
  const pattern = {
    ...identity,
    confidence,
    price: 10,
    change: null,
    indicators: {},
    expires_at: offset + 1,
    updated_at: moment,
    synthetic: true
  }
  return { ...head, kind: 'pattern_detected', pattern }
}

export function entryOf(epoch: string, offset: number, say: Say = {}): LogEntry {
  const event = eventOf(offset, say)
  const padding = 'x'.repeat(say.padding ?? 0)
  return { epoch, offset, appendedAt: 1000 + offset, event, json: JSON.stringify({ ...event, padding }) }
}

/** The feed of a filter, as a subscription gets it. */
export const feedOf = (log: ChannelLog, filter: SelectedFilter = {}): Feed =>
  log.feed(feedKey(log.channel, canonical(filter)))

/** Of a publisher whose rounds the test itself begins, and which replays whatever is asked for. */
export const unhurried = {
  maxReplay: Number.POSITIVE_INFINITY,
  replayBytes: 1e6,
  wake: () => undefined,
  wakeReplay: () => undefined
}
