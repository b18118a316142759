import { type Channel, type EventFilter, followScan, raise } from '@tickstock/contracts'
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
  const { channels, filter: said } =
    saved === undefined ? { channels: undefined } : followScan(await universe.filter(user, saved))
  const { watchlist, sectors, symbols, ...rest } = { ...said, ...given }

  const bounds = await Promise.all([
    symbols,
    watchlist === undefined ? undefined : universe.watchlist(user, watchlist),
    sectors && symbolsOf(sectors, universe)
  ])
  // A tier that the saved filter names is another channel's; a bar size of the subscription's own goes before it.
  const elsewhere = channels !== undefined && given.timeframes === undefined && !channels.includes(channel)
  const left = elsewhere ? [] : common(bounds.filter(bound => bound !== undefined))
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
  const [first, ...others] = lists.map(list => new Set(list.map(symbol => symbol.toLowerCase())))
  return first && [...first].filter(symbol => others.every(other => other.has(symbol)))
}
