import type { PatternEvent } from '@tickstock/contracts'
import { UnreadableEventError } from './unreadable.ts'

/** Before the year 2000 no producer was at work: it is a time in other units, days or minutes instead of seconds. */
const EARLIEST = Date.UTC(2000, 0)

/** A pattern that says that it lives for longer would in truth live for ever. */
const LONGEST_LIFE = 366 * 24 * 60 * 60 * 1_000

/**
 * A clock that is far ahead would do more than err once: when there are too many patterns the oldest detections go, so
 * those of the future stay, and push out every true one.
 *
 * @param latest what happens after this has not happened, ms
 * @throws UnreadableEventError future, ancient
 */
export function withPlausibleTimes(event: PatternEvent, latest: number): PatternEvent {
  const { published_at, pattern } = event
  if (Math.max(published_at, pattern.detected_at) > latest) {
    throw new UnreadableEventError('future', 'it says that it happens in the future')
  }
  if (event.kind !== 'pattern_expired' && event.pattern.expires_at > latest + LONGEST_LIFE) {
    throw new UnreadableEventError('future', 'it says that it ends in more than a year')
  }
  if (Math.min(published_at, pattern.detected_at) < EARLIEST) {
    throw new UnreadableEventError('ancient', 'it says that it happened before the year 2000')
  }
  return event
}
