import { relativeVolume } from '../indicators/study.ts'
import { confidence, type Detector, score } from './detector.ts'

const MIN_RATIO = 2.5

/**
 * Volume spike: at least 2.5 times the mean volume of the 20 bars before, after a bar that was no spike itself.
 *
 * Neutral: heavy trade says that something happened, not which way it goes on.
 * Confidence: the ratio (2.5 → 6).
 * Source: the reading of volume as intensity in Edwards and Magee, "Technical Analysis of Stock Trends"; the
 * threshold is ours.
 */
export const volumeSpike: Detector = {
  name: 'Volume_Spike',
  scope: 'any',
  validFor: 3,
  detect(study, at) {
    const ratio = relativeVolume(study, at)
    if (!(ratio >= MIN_RATIO) || relativeVolume(study, at - 1) >= MIN_RATIO) return undefined
    return {
      direction: 'neutral',
      confidence: confidence(score(ratio, MIN_RATIO, 6)),
      levels: { volume_ratio: ratio },
      description: `${ratio.toFixed(1)} times the usual volume`
    }
  }
}
