import { setTimeout as delay } from 'node:timers/promises'
import { backOff, pause } from '@tickstock/event-log'

/** What is acknowledged in so many milliseconds is written together. */
const TOGETHER = 100

/** Between the attempts of a process that ends, which has not much time, ms. */
const AT_THE_END = 100

/** Waits before acknowledged positions are written, after so many failures in a row. Ends when aborted: the process does. */
export function keepingPause(failures: number, abort: AbortSignal): Promise<void> {
  if (failures === 0) return pause(TOGETHER, abort)
  return abort.aborted ? delay(AT_THE_END) : backOff(failures, abort)
}
