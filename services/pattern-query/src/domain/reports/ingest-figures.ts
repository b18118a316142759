/** What came in since this replica started, and what became of it. */
export interface IngestFigures {
  /** Payloads, of every way in. */
  readonly received: number
  readonly appended: number
  readonly duplicates: number
  readonly deadLetters: number
  /** Payloads of pub/sub that found no room, and entries of the inbox that somebody deleted. */
  readonly lost: number
  /** Events that wait to be appended. */
  readonly queued: number
  /** Payloads received, mean of the last minute. */
  readonly perSecond: number
}
