/** Why a payload could not be understood: one word each, so that they can be counted. */
export type UnreadableReason =
  | 'too_large'
  | 'not_json'
  | 'not_an_object'
  | 'no_pattern'
  | 'event_type'
  | 'symbol'
  | 'pattern'
  | 'channel'
  | 'timeframe'
  | 'confidence'
  | 'time'
  | 'future'
  | 'invalid'

/** What a producer sent is not an event that this release understands. It belongs with the dead letters. */
export class UnreadableEventError extends Error {
  override readonly name = 'UnreadableEventError'
  readonly reason: UnreadableReason

  constructor(reason: UnreadableReason, detail: string) {
    super(detail)
    this.reason = reason
  }
}
