import type { Universe, UniverseFile } from '@tickstock/contracts'

/** A universe as its user takes it away: without what only this system knows, and with watchlists called by their names. */
export function fileOf({ watchlists, filters }: Universe): UniverseFile {
  const names = new Map(watchlists.map(({ id, name }) => [id, name]))
  return {
    watchlists: watchlists.map(({ name, symbols }) => ({ name, symbols })),
    filters: filters.map(({ name, criteria: { watchlist, ...criteria }, is_default }) => {
      const within = watchlist === undefined ? undefined : names.get(watchlist.toLowerCase())
      return { name, criteria, ...(within !== undefined && { watchlist: within }), is_default }
    })
  }
}
