import { setTimeout as delay } from 'node:timers/promises'
import type { Channel } from '@tickstock/contracts'
import { compressed, knownAt } from './bar-clock.ts'
import { flowId } from './events/flow-id.ts'
import { tickStockEvent } from './events/tickstock-event.ts'
import { TimeMap } from './events/time-map.ts'
import { varied } from './events/variety.ts'
import type { Occurrence } from './market/found-pattern.ts'
import { type Step, walk } from './market/walk.ts'
import { evenPace } from './pace.ts'
import type { Outgoing, Publisher } from './publisher/publisher.ts'
import type { Universe } from './universe/universe.ts'

export interface ReplayOptions {
  readonly universe: Universe
  /** How many symbols are watched in five-minute bars each session. */
  readonly watched: number
  /** Events a second, the upper limit where `speed` is given. */
  readonly rate: number
  /** How many times as fast as the clock history passes; undefined: as the rate makes it. */
  readonly speed?: number | undefined
  /** Events published as fast as possible at the start, dated back over the time they would have taken. */
  readonly backlog: number
  /** Stop after this many events. */
  readonly limit: number
  /** Start over at the end of the bars. */
  readonly loop: boolean
  /** Rotate through the shapes that producers have used. */
  readonly variety: boolean
  readonly seed: string
  /** Names this run in the flow ids: the same seed and run give the same ids. */
  readonly run: string
}

/** What the replay works with, so that a test can stand in for it. */
export interface ReplayTools {
  readonly publisher: Publisher
  readonly signal: AbortSignal
  /** Told after each batch. */
  readonly onPublished: (sent: readonly Published[]) => void
}

/** An event that has left. */
export interface Published {
  readonly channel: Channel
  readonly step: Step
  readonly loop: number
  /** Subscribers it reached; undefined where the way in is durable. */
  readonly reached: number | undefined
}

const LARGEST_BATCH = 250
const SHORTEST_PAUSE_MS = 5
const LONGEST_PAUSE_MS = 1_000

/** The backlog is dated back no further than this, so that its patterns are still live. */
const LONGEST_BACKLOG_MS = 120_000

/**
 * Publishes the backlog, then goes on at the given pace until the bars, the limit or the signal ends it. Each batch is
 * answered before the next leaves, so events keep their order.
 *
 * @throws what the publisher throws
 */
export async function replay(options: ReplayOptions, { publisher, signal, onPublished }: ReplayTools): Promise<void> {
  const source = occurrences(options)
  const compose = composer(options)
  let pending = source.next()
  let sent = 0

  /** Takes up to `count` events that may leave by the test, as they are published at the times given. */
  const take = (count: number, mayLeave: (occurrence: Occurrence) => boolean, time: (order: number) => number) => {
    const batch: (Outgoing & Pick<Published, 'step' | 'loop'>)[] = []
    while (batch.length < count && !pending.done && mayLeave(pending.value.step.occurrence)) {
      const { step, loop } = pending.value
      const payload = compose(step.occurrence, loop, time(batch.length), sent + batch.length)
      if (payload !== undefined) batch.push({ channel: step.occurrence.found.channel, payload, step, loop })
      pending = source.next()
    }
    return batch
  }
  const publish = async (batch: ReturnType<typeof take>) => {
    if (batch.length === 0) return
    const reached = await publisher.publish(batch)
    sent += batch.length
    onPublished(batch.map(({ channel, step, loop }, at) => ({ channel, step, loop, reached: reached[at] })))
  }

  const backlog = Math.min(options.backlog, options.limit)
  const span = Math.min(LONGEST_BACKLOG_MS, (1000 * backlog) / options.rate)
  while (sent < backlog && !pending.done && !signal.aborted) {
    const before = sent
    await publish(
      take(
        Math.min(LARGEST_BATCH, backlog - sent),
        () => true,
        order => Date.now() - span * (1 - (before + order + 1) / backlog)
      )
    )
  }

  const start = performance.now()
  const pace = evenPace(options.rate, start)
  const dueByBars = options.speed === undefined ? undefined : compressed(options.speed)
  const early = sent
  while (sent < options.limit && !pending.done && !signal.aborted) {
    const now = performance.now()
    const count = Math.min(pace.due(now, sent - early), LARGEST_BATCH, options.limit - sent)
    const batch = take(
      count,
      occurrence => dueByBars === undefined || dueByBars(knownAt(occurrence), now) <= now,
      () => Date.now()
    )
    await publish(batch)
    const byBars = dueByBars && !pending.done ? dueByBars(knownAt(pending.value.step.occurrence), now) : 0
    const pause = Math.max(pace.next(sent - early), byBars) - performance.now()
    await rest(Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_PAUSE_MS, pause)), signal)
  }
}

/** All loops of the walk, one after the other. */
function* occurrences({ universe, watched, loop }: ReplayOptions): Generator<{ step: Step; loop: number }> {
  let round = 0
  let found: boolean
  do {
    found = false
    for (const step of walk(universe, watched)) {
      found = true
      yield { step, loop: round }
    }
    round++
  } while (loop && found)
}

/** Makes the JSON of an occurrence, or nothing if its pattern is no longer live. */
function composer({ seed, run, variety }: ReplayOptions) {
  const times = new TimeMap()
  return (occurrence: Occurrence, loop: number, publishedAt: number, turn: number): string | undefined => {
    const mapped = times.timesOf(occurrence, publishedAt)
    if (!mapped) return undefined
    const { kind, found, revision } = occurrence
    const id = flowId(seed, run, loop, kind, found.symbol, found.pattern, found.timeframe, found.barTime, revision)
    const event = tickStockEvent(occurrence, mapped, id)
    return JSON.stringify(variety ? varied(event, turn) : event)
  }
}

/** Waits, or returns early when told to stop. */
async function rest(pause: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(pause, undefined, { signal })
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
