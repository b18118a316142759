import { type Static, Type } from '@sinclair/typebox'
import { ScanCriteria } from '../http/scan-criteria.ts'
import { SAVED_FILTER_LIMITS } from './saved-filter.ts'
import { UniverseName } from './universe-name.ts'
import { WATCHLIST_LIMITS, WatchlistDraft } from './watchlist.ts'

/** A saved filter as a file has it: its watchlist is called by its name, which means something elsewhere too. */
export const FiledFilter = Type.Object(
  {
    name: UniverseName,
    criteria: Type.Omit(ScanCriteria, ['watchlist'], { additionalProperties: false }),
    watchlist: Type.Optional(UniverseName),
    is_default: Type.Optional(Type.Boolean())
  },
  { additionalProperties: false }
)

export type FiledFilter = Static<typeof FiledFilter>

/** What a user takes away, and brings back or elsewhere. */
export const UniverseFile = Type.Object(
  {
    watchlists: Type.Array(WatchlistDraft, { maxItems: WATCHLIST_LIMITS.perUser }),
    filters: Type.Array(FiledFilter, { maxItems: SAVED_FILTER_LIMITS.perUser })
  },
  { additionalProperties: false }
)

export type UniverseFile = Static<typeof UniverseFile>

/** What is done with an item whose name the user has already. */
export const NameConflict = Type.Union([Type.Literal('skip'), Type.Literal('replace'), Type.Literal('rename')])

export type NameConflict = Static<typeof NameConflict>

const Imported = Type.Object({
  /** As it is called now. */
  name: Type.String(),
  id: Type.String(),
  outcome: Type.Union([
    Type.Literal('added'),
    Type.Literal('skipped'),
    Type.Literal('replaced'),
    Type.Literal('renamed')
  ])
})

export type Imported = Static<typeof Imported>

/** What became of each item of a file, in its order. */
export const ImportReport = Type.Object({ watchlists: Type.Array(Imported), filters: Type.Array(Imported) })

export type ImportReport = Static<typeof ImportReport>
