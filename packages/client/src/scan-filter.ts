import { type Channel, type EventFilter, isChannel, type ScanQuery } from '@tickstock/contracts'
import type { LiveRequest } from './live.ts'

/** A scan whose live counterpart exists: the event filter has no range of the RSI. */
export type FollowedQuery = Omit<ScanQuery, 'rsi_range'>

/** The subscription that brings what a scan would find from now on. */
export function followScan(query: FollowedQuery): Pick<LiveRequest, 'channels' | 'filter'> {
  const timeframe = query.timeframe?.toLowerCase() ?? 'all'
  const symbols = namesOf(query.symbols)?.map(symbol => symbol.toUpperCase())
  const patterns = namesOf(query.pattern_types)
  const filter: EventFilter = {
    ...(symbols && { symbols }),
    ...(patterns && { pattern_types: patterns }),
    ...(timeframe !== 'all' && !isChannel(timeframe) && { timeframes: [timeframe] }),
    ...(query.confidence_min !== undefined && { confidence_min: query.confidence_min }),
    ...(query.rs_min !== undefined && { rs_min: query.rs_min }),
    ...(query.vol_min !== undefined && { vol_min: query.vol_min })
  }
  const channels: readonly Channel[] | undefined = isChannel(timeframe) ? [timeframe] : undefined
  return { channels, ...(Object.keys(filter).length > 0 && { filter }) }
}

function namesOf(list: readonly string[] | undefined): string[] | undefined {
  const names = list?.flatMap(text => text.split(',')).map(name => name.trim())
  return names?.filter(name => name !== '')
}
