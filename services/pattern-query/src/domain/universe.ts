import type { ScanCriteria, ScanSelection } from '@tickstock/contracts'
import type { SectorNames, SectorsFreshness } from './sectors.ts'
import type { Resolved } from './selection.ts'

/** Who asks for what is his. */
export interface Asker {
  readonly user: string
  /** His own `Authorization`, where he sent one: what he may read is decided by it. Never logged. */
  readonly authorization: string | undefined
}

/**
 * What users call their own. All raise ProblemErrors: `watchlist_not_found` and `filter_not_found`, also for what is another's; `unauthenticated`;
 * `universe_unavailable`.
 */
export interface Universe {
  /** Symbols of a watchlist, each once, in their order: equal watchlists are equal text. */
  watchlist(asker: Asker, id: string): Promise<readonly string[]>
  filter(asker: Asker, id: string): Promise<ScanCriteria>
}

/** What this service has of user-universe. */
export interface UniverseLink {
  /** undefined: there is nobody to ask. */
  readonly own: Universe | undefined
  /** undefined until they are known. */
  readonly sectorNames: () => SectorNames | undefined
  readonly sectors: () => SectorsFreshness
}

/** Where there is no user-universe: scans that need none work all the same. */
export const NO_UNIVERSE: UniverseLink = {
  own: undefined,
  sectorNames: () => undefined,
  sectors: () => 'unknown'
}

/** Whether a selection names what only user-universe knows. */
export const namesOwn = ({ watchlist, filter }: ScanSelection): boolean =>
  watchlist !== undefined || filter !== undefined

/**
 * Looks up what the ids of a selection stand for. A watchlist that it names goes before that of its filter, as with every field.
 *
 * @throws ProblemError as the universe does
 */
export async function resolveOwn(selection: ScanSelection, asker: Asker, universe: Universe): Promise<Resolved> {
  const symbolsOf = async (id: string | undefined) => {
    if (id !== undefined) return universe.watchlist(asker, id)
  }
  const criteriaOf = async (id: string | undefined) => {
    if (id !== undefined) return universe.filter(asker, id)
  }
  const [given, filter] = await Promise.all([symbolsOf(selection.watchlist), criteriaOf(selection.filter)])
  const watchlist = given ?? (await symbolsOf(filter?.watchlist))
  return { ...(filter && { filter }), ...(watchlist && { watchlist }) }
}
