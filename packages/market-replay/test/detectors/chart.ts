import type { Bar } from '../../src/bars/bar.ts'
import { DAY_MS } from '../../src/bars/bar.ts'
import type { Detector, Hit } from '../../src/detectors/detector.ts'
import { studyOf } from '../../src/indicators/study.ts'

/** Open, high, low, close and, if it matters, volume. */
export type Row = readonly [open: number, high: number, low: number, close: number, volume?: number]

export const chart = (rows: readonly Row[]): Bar[] =>
  rows.map(([open, high, low, close, volume = 1000], at) => ({ time: at * DAY_MS, open, high, low, close, volume }))

/** Bars that each fall by 1 from `from`, with shadows of 0.5: every true range is 2, so the average is. */
export const falling = (count: number, from = 100): Row[] =>
  Array.from({ length: count }, (_, at) => [from - at, from - at + 0.5, from - at - 1.5, from - at - 1])

/** The mirror image: rising by 1 each. */
export const rising = (count: number, from = 100): Row[] =>
  Array.from({ length: count }, (_, at) => [from + at, from + at + 1.5, from + at - 0.5, from + at + 1])

/** Bars around `at` that go nowhere, with a true range of 2. */
export const level = (count: number, at = 100): Row[] =>
  Array.from({ length: count }, () => [at - 0.5, at + 1, at - 1, at + 0.5])

/** What the detector says of the last bar. */
export const last = (detector: Detector, rows: readonly Row[]): Hit | undefined =>
  detector.detect(studyOf(chart(rows)), rows.length - 1)

/** A path of closes as bars: each opens at the close before; shadows of 0.25. */
export const path = (closes: readonly number[]): Row[] =>
  closes.map((close, at) => {
    const open = closes[at - 1] ?? close
    return [open, Math.max(open, close) + 0.25, Math.min(open, close) - 0.25, close]
  })
