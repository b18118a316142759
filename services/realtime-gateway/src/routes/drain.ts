import { setTimeout as delay } from 'node:timers/promises'
import type { Sessions } from '../domain/sessions.ts'

/** Sockets are closed in so many steps, so that their clients do not all come back in one beat. */
const STEPS = 40

/** Share of the time in which clients may leave by themselves, their new socket being open. */
const GRACE = 0.25

/** Tells every client to go, then closes those that have not gone, spread over the rest of the time (ms). */
export async function drain(sessions: Sessions, withinMs: number): Promise<void> {
  for (const session of sessions) session.drain(withinMs)
  const step = (withinMs * (1 - GRACE)) / STEPS
  const graceUntil = STEPS * GRACE
  for (let waited = 0; waited < graceUntil && sessions.size > 0; waited++) await delay((withinMs * GRACE) / graceUntil)
  for (let left = STEPS; left > 0 && sessions.size > 0; left--) {
    const share = [...sessions].slice(0, Math.ceil(sessions.size / left))
    for (const session of share) session.close('draining', 'this instance is going')
    await delay(step)
  }
}
