import type { EventFilter, Scope } from '@tickstock/contracts'

/** What a token that is restricted must allow for a subscription with this filter, beyond what every socket needs. */
export const neededScope = ({ watchlist, filter }: EventFilter): Scope | undefined =>
  watchlist === undefined && filter === undefined ? undefined : 'universe:read'
