import { type Channel, isChannel } from '../channels.ts'
import { criteriaOf, valuesOf } from '../criteria.ts'
import type { ScanSelection } from '../http/scan.ts'
import type { EventFilter } from './filter.ts'

/** What a subscription must ask for to bring what a scan would find from now on. */
export interface FollowedScan {
  /** undefined: all. */
  readonly channels: readonly Channel[] | undefined
  readonly filter?: EventFilter
}

/** The subscription that belongs to a scan. Bounds that constrain nothing are kept: they go before those of a saved filter. */
export function followScan({ filter, ...scan }: ScanSelection): FollowedScan {
  const { symbols, sectors, pattern_types, timeframes, ...rest } = criteriaOf(scan)
  const word = timeframes?.[0]?.trim().toLowerCase()
  const channels = word !== undefined && isChannel(word) ? [word] : undefined
  // Without a saved filter the channels say it already.
  const saysTimeframe = word !== undefined && (filter !== undefined || (word !== 'all' && channels === undefined))
  const named = {
    symbols: valuesIn(symbols).map(symbol => symbol.toUpperCase()),
    sectors: valuesIn(sectors),
    types: valuesIn(pattern_types)
  }
  const followed: EventFilter = {
    ...rest,
    ...(filter !== undefined && { filter }),
    ...(named.symbols.length > 0 && { symbols: named.symbols }),
    ...(named.sectors.length > 0 && { sectors: named.sectors }),
    ...(named.types.length > 0 && { pattern_types: named.types }),
    ...(saysTimeframe && { timeframes: [word] })
  }
  return { channels, ...(Object.keys(followed).length > 0 && { filter: followed }) }
}

const valuesIn = (list: readonly string[] | undefined): string[] => valuesOf(list ?? []).filter(value => value !== '')
