import { type Channel, isChannel } from '../channels.ts'
import type { ScanSelection } from '../http/scan.ts'
import { valuesOf } from '../http/scan-criteria.ts'
import type { EventFilter } from './filter.ts'

/** What a subscription must ask for to bring what a scan would find from now on. */
export interface FollowedScan {
  /** undefined: all. */
  readonly channels: readonly Channel[] | undefined
  readonly filter?: EventFilter
}

/** The subscription that belongs to a scan, or to a saved filter's criteria. */
export function followScan(scan: ScanSelection): FollowedScan {
  const timeframe = scan.timeframe?.trim().toLowerCase() ?? 'all'
  const symbols = namesOf(scan.symbols)?.map(symbol => symbol.toUpperCase())
  const sectors = namesOf(scan.sectors)
  const pattern_types = namesOf(scan.pattern_types)
  const filter: EventFilter = {
    ...(symbols && { symbols }),
    ...(sectors && { sectors }),
    ...(scan.watchlist !== undefined && { watchlist: scan.watchlist }),
    ...(scan.filter !== undefined && { filter: scan.filter }),
    ...(pattern_types && { pattern_types }),
    ...(timeframe !== 'all' && !isChannel(timeframe) && { timeframes: [timeframe] }),
    ...(scan.confidence_min !== undefined && { confidence_min: scan.confidence_min }),
    ...(scan.rs_min !== undefined && { rs_min: scan.rs_min }),
    ...(scan.vol_min !== undefined && { vol_min: scan.vol_min }),
    ...(scan.rsi_range !== undefined && { rsi_range: scan.rsi_range })
  }
  const channels: readonly Channel[] | undefined = isChannel(timeframe) ? [timeframe] : undefined
  return { channels, ...(Object.keys(filter).length > 0 && { filter }) }
}

const namesOf = (list: readonly string[] | undefined): string[] | undefined =>
  list === undefined ? undefined : valuesOf(list).filter(name => name !== '')
