import { raise, type ScanSelection } from '@tickstock/contracts'
import type { FastifyRequest } from 'fastify'
import { type PatternSelection, parseSelection, type Resolved } from '../domain/selection.ts'

/** Looks up what the ids of a query stand for, as the one who asks may see it. Called for queries with `watchlist` or `filter`. */
export type Resolve = (request: FastifyRequest, query: ScanSelection) => Promise<Resolved>

/** What selections need of user-universe. */
export interface Selecting {
  /** Default: there is nobody to ask. */
  readonly resolve?: Resolve
  /** Refuses sectors that do not exist, and any while none is known. Default: none is ever known. */
  readonly requireSectors?: (sectors: readonly string[]) => void
}

export const namesIds = ({ watchlist, filter }: ScanSelection): boolean =>
  watchlist !== undefined || filter !== undefined

export const nobodyToAsk: Resolve = async () =>
  raise('universe_unavailable', 'Watchlists and saved filters cannot be read here: UNIVERSE_URL is not set')

export const noSectors = (): never =>
  raise('universe_unavailable', 'The sectors are not known here: UNIVERSE_URL is not set')

/**
 * What a request selects.
 *
 * @throws ProblemError invalid_request, or what the resolver raises
 */
export async function selectionOf(
  request: FastifyRequest,
  query: ScanSelection,
  { resolve = nobodyToAsk, requireSectors = noSectors }: Selecting
): Promise<PatternSelection> {
  const selection = parseSelection(query, namesIds(query) ? await resolve(request, query) : {})
  if (selection.sectors) requireSectors(selection.sectors)
  return selection
}
