import { setTimeout as delay } from 'node:timers/promises'
import type { Session } from '../domain/session.ts'

/** Those who are there; who has gone is not among them any more. */
export interface Crowd extends Iterable<Pick<Session, 'drain' | 'close'>> {
  readonly size: number
}

type Wait = (ms: number) => Promise<unknown>

export interface DrainOptions {
  /** Time in all, ms. */
  readonly withinMs: number
  /** Whether there is no reason any more: nothing more is done then. */
  readonly isOver?: () => boolean
  /** Passes so many ms: tests have a clock of their own. */
  readonly wait?: Wait
}

/** Clients are told, and closed, in so many steps. */
const STEPS = 40

/** Share of the time over which they are told to go. Each goes when it is told, so that is how fast they come back elsewhere. */
const TELLING = 0.6

/** Share of the time over which those are closed who have stayed, once the last that were told have had theirs. */
const CLOSING = 0.2

/** Share of the time that the last who were closed have to take what was sent to them before, and the code. */
const GOING = 0.1

/** When this share of the clients that were told has left, another instance takes clients. A few leave at any time. */
const LEAVING = 0.25

/**
 * The instance ends. Each client receives `drain`, opens its new socket, and leaves. The
 * messages are staggered: sent at once, they would bring all clients back at the same time.
 *
 * Clients that find no other instance stay, and are served to the end. Then all are closed together: they are without
 * events until this instance's successor is there, so nothing may come between their close and the exit.
 */
export async function drain(crowd: Crowd, options: DrainOptions): Promise<void> {
  const { withinMs, wait = delay } = options
  const steps = (await tell(crowd, options)) ? STEPS : 1
  await closeAll(crowd, steps, options)
  await emptied(crowd, withinMs * GOING, wait)
}

/**
 * The instance stays, but cannot serve its clients now: they receive `drain` as in {@link drain}. If there is no other
 * instance that takes them, they keep their sockets, so that they are served the moment that this one can.
 */
export async function handOver(crowd: Crowd, options: DrainOptions): Promise<void> {
  if (await tell(crowd, options)) await closeAll(crowd, STEPS, options)
}

/** @returns whether other instances take the clients */
async function tell(crowd: Crowd, { withinMs, isOver = never, wait = delay }: DrainOptions): Promise<boolean> {
  const all = [...crowd]
  for (let at = 0; at < STEPS && crowd.size > 0 && !isOver(); at++) {
    const closedIn = withinMs * (1 - CLOSING - GOING - (TELLING - CLOSING) * (at / STEPS))
    for (const session of stepOf(all, at, STEPS)) session.drain(Math.round(closedIn))
    await wait((withinMs * TELLING) / STEPS)
  }
  await emptied(crowd, withinMs * (1 - TELLING - CLOSING - GOING), wait)
  const stayed = new Set(crowd)
  return all.filter(session => !stayed.has(session)).length >= all.length * LEAVING
}

/** A closed client counts until it has received what waits for it, so the steps are of those present at the beginning. */
async function closeAll(crowd: Crowd, steps: number, { withinMs, isOver = never, wait = delay }: DrainOptions) {
  const all = [...crowd]
  for (let at = 0; at < steps && crowd.size > 0 && !isOver(); at++) {
    for (const session of stepOf(all, at, steps)) session.close('draining', 'this instance serves no clients now')
    if (steps > 1) await wait((withinMs * CLOSING) / steps)
  }
}

const stepOf = <One>(all: readonly One[], at: number, steps: number): One[] =>
  all.slice(Math.ceil((at * all.length) / steps), Math.ceil(((at + 1) * all.length) / steps))

/** Waits until nobody is there, or the time (ms) is over. */
async function emptied(crowd: Crowd, withinMs: number, wait: Wait): Promise<void> {
  for (let waited = 0; waited < STEPS && crowd.size > 0; waited++) await wait(withinMs / STEPS)
}

const never = () => false
