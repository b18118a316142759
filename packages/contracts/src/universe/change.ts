import { type Static, Type } from '@sinclair/typebox'

/** What a user can change. */
export const UNIVERSE_KINDS = ['watchlist', 'filter'] as const

export type UniverseKind = (typeof UNIVERSE_KINDS)[number]

/**
 * An edit of a user's watchlist or saved filter, as the stream of changes carries it. It says what changed, not to what: whoever
 * needs that reads it, as the user, and gets this version or a newer one.
 */
export const UniverseChange = Type.Object({
  user: Type.String({ minLength: 1, maxLength: 128 }),
  kind: Type.Union([Type.Literal('watchlist'), Type.Literal('filter')]),
  id: Type.String({ description: 'UUID' }),
  /** Of the deleted one, its last. */
  version: Type.Integer({ minimum: 1 }),
  deleted: Type.Boolean(),
  at: Type.Integer({ description: 'When it was committed, ms' })
})

export type UniverseChange = Static<typeof UniverseChange>
