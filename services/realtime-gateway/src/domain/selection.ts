import {
  type Channel,
  canonicalCriteria,
  criteriaFaults,
  criteriaOf,
  type EventFilter,
  isChannel,
  raise
} from '@tickstock/contracts'
import type { SelectedFilter } from './matcher.ts'
import type { Universe } from './universe.ts'

/** What a filter comes to, and which watchlists and saved filters say so. */
export interface Selection {
  readonly filter: SelectedFilter
  /** Ids, in lower case as edits name them. When one of them is edited, it comes to something else. */
  readonly references: readonly string[]
}

/** Whether something has to be looked up before it is known what a filter lets through. */
export const isSelective = ({ watchlist, filter, sectors }: EventFilter): boolean =>
  watchlist !== undefined || filter !== undefined || sectors !== undefined

/** @throws ProblemError `invalid_request` for what a scan refuses too, although the schema accepts it */
export function requireSound(filter: EventFilter): void {
  const errors = criteriaFaults(filter, 'subscribe.filter')
  const [first] = errors
  if (first) raise('invalid_request', `${first.field}: expected ${first.expected}`, errors)
}

/**
 * Looks up what a filter names. What the subscription gives goes before what the saved filter says, field by field, as in scans; symbols,
 * watchlist and sectors must all hold.
 *
 * @throws ProblemError what {@link Universe} rejects with, `invalid_request` for a sector that is none
 */
export async function selectionOf(
  { user, channel, filter: asked }: { readonly user: string; readonly channel: Channel; readonly filter: EventFilter },
  universe: Universe
): Promise<Selection> {
  const { filter: saved, ...given } = asked
  const criteria = { ...(saved !== undefined && criteriaOf(await universe.filter(user, saved))), ...given }
  const { watchlist, symbols: _named, sectors: _sectors, ...rest } = criteria
  const { symbols, sectors, timeframes } = canonicalCriteria(criteria)

  const bounds = await Promise.all([
    symbols,
    watchlist === undefined ? undefined : universe.watchlist(user, watchlist),
    sectors && symbolsOf(sectors, universe)
  ])
  const isElsewhere = timeframes?.every(word => isChannel(word) && word !== channel)
  const left = isElsewhere ? [] : common(bounds.filter(bound => bound !== undefined))
  const references = [saved, watchlist].filter(id => id !== undefined).map(id => id.toLowerCase())
  return { filter: { ...rest, ...(left && { symbols: left }) }, references }
}

async function symbolsOf(sectors: readonly string[], universe: Universe): Promise<string[]> {
  const found = await Promise.all(
    sectors.map(
      async name =>
        (await universe.sector(name)) ?? raise('invalid_request', `subscribe.filter.sectors: ${name} is no sector`)
    )
  )
  return found.flat()
}

/** Symbols that are in all of the lists; undefined where there is no list. */
function common(lists: readonly (readonly string[])[]): readonly string[] | undefined {
  const [first, ...others] = lists.map(list => new Set(list.map(symbol => symbol.toUpperCase())))
  return first && [...first].filter(symbol => others.every(other => other.has(symbol)))
}
