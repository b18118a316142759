import { setTimeout as delay } from 'node:timers/promises'
import type { Session } from '../domain/session.ts'

/** Those who are there; who has gone is not among them any more. */
export interface Crowd extends Iterable<Pick<Session, 'drain' | 'close'>> {
  readonly size: number
}

type Wait = (ms: number) => Promise<unknown>

/** Clients are told, and closed, in so many steps. */
const STEPS = 40

/** Share of the time over which they are told to go. Each goes when it is told, so that is how fast they come back elsewhere. */
const TELLING = 0.6

/** Share of the time over which those are closed who have stayed, once the last that were told have had theirs. */
const CLOSING = 0.2

/** Share of the time that the last who were closed have to take what was sent to them before, and the code. */
const GOING = 0.1

/**
 * Hands the clients over to other instances, within a time (ms): each is told to go, opens its new socket, and leaves. They are told one after the other, since what is told
 * to all at once brings all of them back in one beat.
 *
 * @param wait passes so many ms: tests have a clock of their own
 */
export async function drain(crowd: Crowd, withinMs: number, wait: Wait = delay): Promise<void> {
  const all = [...crowd]
  for (let at = 0; at < STEPS && crowd.size > 0; at++) {
    const first = Math.ceil((at * all.length) / STEPS)
    const end = Math.ceil(((at + 1) * all.length) / STEPS)
    const closedIn = withinMs * (1 - CLOSING - GOING - (TELLING - CLOSING) * (at / STEPS))
    for (const session of all.slice(first, end)) session.drain(Math.round(closedIn))
    await wait((withinMs * TELLING) / STEPS)
  }
  await emptied(crowd, withinMs * (1 - TELLING - CLOSING - GOING), wait)
  // Who was closed is there until he has taken what waits for him: he holds up nobody's turn.
  const stayed = [...crowd]
  for (let at = 0; at < STEPS && crowd.size > 0; at++) {
    const first = Math.ceil((at * stayed.length) / STEPS)
    const end = Math.ceil(((at + 1) * stayed.length) / STEPS)
    for (const session of stayed.slice(first, end)) session.close('draining', 'this instance is going')
    await wait((withinMs * CLOSING) / STEPS)
  }
  await emptied(crowd, withinMs * GOING, wait)
}

/** Waits until nobody is there, or the time (ms) is over. */
async function emptied(crowd: Crowd, withinMs: number, wait: Wait): Promise<void> {
  for (let waited = 0; waited < STEPS && crowd.size > 0; waited++) await wait(withinMs / STEPS)
}
