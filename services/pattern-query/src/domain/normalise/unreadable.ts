/** Why a payload could not be understood: one word each, so that they can be counted. */
export const UNREADABLE_REASONS = [
  'too_large',
  'not_utf8',
  'not_json',
  'not_an_object',
  'no_pattern',
  'event_type',
  'symbol',
  'pattern',
  'channel',
  'timeframe',
  'confidence',
  'price',
  'indicators',
  'extra',
  'forbidden_name',
  'time',
  'future',
  'ancient',
  'invalid'
] as const

export type UnreadableReason = (typeof UNREADABLE_REASONS)[number]

/** What a producer sent is not an event that this release understands. It belongs with the dead letters. */
export class UnreadableEventError extends Error {
  override readonly name = 'UnreadableEventError'
  readonly reason: UnreadableReason

  constructor(reason: UnreadableReason, detail: string) {
    super(detail)
    this.reason = reason
  }
}
