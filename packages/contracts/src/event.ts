import { type Static, Type } from '@sinclair/typebox'
import { Pattern, PatternIdentity, Timestamp } from './pattern.ts'

/** The three things that happen to a pattern. */
export const EVENT_KINDS = ['pattern_detected', 'pattern_updated', 'pattern_expired'] as const

export type EventKind = (typeof EVENT_KINDS)[number]

const about = {
  id: Type.String({
    minLength: 1,
    maxLength: 200,
    description: "The producer's flow_id, else a hash of what the event says"
  }),
  published_at: Timestamp
}

/**
 * An event of the log, normalised: what every consumer after the ingest sees.
 *
 * Fields that a reader does not know are ignored: in the middle of a deployment an older reader meets a newer writer.
 * An expiry carries the identity alone: thresholds of a filter do not apply to it, so that whoever saw the pattern sees it go.
 */
export const PatternEvent = Type.Union([
  Type.Object({ ...about, kind: Type.Literal('pattern_detected'), pattern: Pattern }),
  Type.Object({ ...about, kind: Type.Literal('pattern_updated'), pattern: Pattern }),
  Type.Object({
    ...about,
    kind: Type.Literal('pattern_expired'),
    pattern: PatternIdentity,
    ends: Type.Optional(
      Type.Union([Timestamp], {
        description: '`updated_at` of the state whose time is over, where nobody ended it: what is newer goes on'
      })
    )
  })
])

export type PatternEvent = Static<typeof PatternEvent>
