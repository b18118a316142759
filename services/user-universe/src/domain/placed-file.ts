import {
  criteriaFaults,
  type FieldError,
  type FiledFilter,
  raise,
  type UniverseFile,
  type WatchlistDraft
} from '@tickstock/contracts'
import { nameFaults } from './item-name.ts'

/** An item of a file, and where it stands in what the user sent: `body.watchlists.3`, `line 4`. */
export interface Placed<Item> {
  readonly place: string
  readonly item: Item
}

export interface PlacedFile {
  readonly watchlists: Placed<WatchlistDraft>[]
  readonly filters: Placed<FiledFilter>[]
}

export const placedOf = ({ watchlists, filters }: UniverseFile): PlacedFile => ({
  watchlists: watchlists.map((item, at) => ({ place: `body.watchlists.${at}`, item })),
  filters: filters.map((item, at) => ({ place: `body.filters.${at}`, item }))
})

/**
 * A file as it is kept, with names trimmed.
 *
 * @throws ProblemError `invalid_request`, naming every item that cannot be a watchlist or a filter
 */
export function checkedFile({ watchlists, filters }: PlacedFile): PlacedFile {
  const defaults = filters.filter(({ item }) => item.is_default)
  const faults: FieldError[] = [
    ...[...watchlists, ...filters].flatMap(({ place, item }) => nameFaults(item.name, `${place}.name`)),
    ...filters.flatMap(({ place, item }) => criteriaFaults(item.criteria, `${place}.criteria`)),
    ...defaults.slice(1).map(({ place }) => ({ field: `${place}.is_default`, expected: 'at most one default' }))
  ]
  if (faults.length > 0) raise('invalid_request', 'The file has items that cannot be taken', faults)
  return { watchlists: watchlists.map(trimmed), filters: filters.map(trimmed) }
}

const trimmed = <Item extends { readonly name: string }>({ place, item }: Placed<Item>): Placed<Item> => ({
  place,
  item: { ...item, name: item.name.trim() }
})
