import type { Cleanup } from '../cleanup.ts'
import { Pace } from '../pace.ts'

const TICK = 10

/** Publishes one by one at a rate that can be changed. */
export function steadily(cleanup: Cleanup, publishOne: () => void): (rate: number) => void {
  const pace = new Pace()
  const ticking = setInterval(() => {
    for (let due = pace.take(performance.now()); due > 0; due--) publishOne()
  }, TICK)
  cleanup.teardown(() => clearInterval(ticking))
  return rate => pace.set(rate, performance.now())
}
