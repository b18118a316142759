import { type Static, Type } from '@sinclair/typebox'
import { ScanCriteria } from '../http/scan-criteria.ts'
import { UniverseName } from './universe-name.ts'

/** Saved filters that a user may have. */
export const SAVED_FILTER_LIMITS = { perUser: 100 } as const

const is_default = Type.Boolean({ description: 'The one that a dashboard opens with; at most one a user' })

/** What a user writes. */
export const SavedFilterDraft = Type.Object(
  { name: UniverseName, criteria: ScanCriteria, is_default: Type.Optional(is_default) },
  { additionalProperties: false }
)

export type SavedFilterDraft = Static<typeof SavedFilterDraft>

/** A change of a part: what is left out stays. */
export const SavedFilterPatch = Type.Partial(SavedFilterDraft, { additionalProperties: false, minProperties: 1 })

export type SavedFilterPatch = Static<typeof SavedFilterPatch>

/** Named criteria that belong to one user: any of them can be scanned with, by `filter=<id>`. */
export const SavedFilter = Type.Object({
  id: Type.String({ description: 'UUID' }),
  name: UniverseName,
  criteria: ScanCriteria,
  is_default,
  version: Type.Integer({ minimum: 1, description: 'Counts its changes; the ETag is this number in quotes' }),
  created_at: Type.Integer({ description: 'ms' }),
  updated_at: Type.Integer({ description: 'ms' })
})

export type SavedFilter = Static<typeof SavedFilter>
