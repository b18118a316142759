import type { Study } from '../indicators/study.ts'

/** Which way a pattern points; `neutral` ones point at no price. */
export type Direction = 'bullish' | 'bearish' | 'neutral'

/** A pattern found at a bar. */
export interface Hit {
  readonly direction: Direction
  /** How well the bars fit the definition, 0 to 1: computed from the geometry, by the formula the detector states. */
  readonly confidence: number
  /** Prices and ratios the pattern is about, by their name in the event's indicators. */
  readonly levels: Readonly<Record<string, number>>
  /** A close beyond this price undoes the pattern: below it if bullish, above it if bearish. */
  readonly stop?: number
  /** One sentence for people. */
  readonly description: string
}

/** Finds one kind of pattern. */
export interface Detector {
  /** As TickStock's dashboards know it. */
  readonly name: string
  /** Bar sizes the definition holds for. */
  readonly scope: 'any' | 'daily'
  /** For how many bars after its own the pattern says something. */
  readonly validFor: number
  /**
   * The pattern completed by bar `at`, judged by the bars up to it and never a later one.
   * Scaling all prices or all volumes changes nothing but the levels.
   */
  detect(study: Study, at: number): Hit | undefined
}

/** Linear score: 0 at `none` and beyond, 1 at `full` and beyond; what is not known (NaN) scores 0. */
export function score(value: number, none: number, full: number): number {
  const share = (value - none) / (full - none)
  return share > 0 ? Math.min(1, share) : 0
}

/**
 * Confidence of scores that each say how well one condition is met: half for meeting the definition at all, half
 * their mean.
 */
export const confidence = (...scores: readonly number[]): number =>
  0.5 + (0.5 * scores.reduce((sum, one) => sum + one, 0)) / scores.length
