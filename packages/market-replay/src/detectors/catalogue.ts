import { ascendingTriangle } from './ascending-triangle.ts'
import { bullFlag } from './bull-flag.ts'
import type { Detector } from './detector.ts'
import { doji } from './doji.ts'
import { bearishEngulfing, bullishEngulfing } from './engulfing.ts'
import { gapFill } from './gap-fill.ts'
import { hammer } from './hammer.ts'
import { hangingMan } from './hanging-man.ts'
import { momentumShift } from './momentum-shift.ts'
import { resistanceBreak } from './resistance-break.ts'
import { shootingStar } from './shooting-star.ts'
import { eveningStar, morningStar } from './star.ts'
import { supportTest } from './support-test.ts'
import { volumeSpike } from './volume-spike.ts'
import { weeklyBreakout } from './weekly-breakout.ts'

/** Every detector there is, in the order in which one bar's patterns are told. */
export const DETECTORS: readonly Detector[] = [
  doji,
  hammer,
  hangingMan,
  shootingStar,
  bullishEngulfing,
  bearishEngulfing,
  morningStar,
  eveningStar,
  bullFlag,
  ascendingTriangle,
  resistanceBreak,
  weeklyBreakout,
  supportTest,
  gapFill,
  momentumShift,
  volumeSpike
]
