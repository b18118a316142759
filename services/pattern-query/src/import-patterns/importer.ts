import { setTimeout as delay } from 'node:timers/promises'
import type { Channel } from '@tickstock/contracts'
import { AHEAD, normalise } from '../domain/normalise/normalise.ts'
import { PAYLOAD_LIMIT } from '../domain/normalise/payload.ts'
import { UnreadableEventError } from '../domain/normalise/unreadable.ts'
import { type Line, linesOf } from './lines.ts'

/** Where the events of an import go. */
export interface ImportTarget {
  send(payloads: readonly Buffer[], channel: Channel | undefined): Promise<void>
  /** Entries that nobody has taken yet. */
  waiting(): Promise<number>
}

export interface ImporterOptions {
  /** undefined: the lines are only checked. */
  readonly target: ImportTarget | undefined
  readonly channel: Channel | undefined
  /** ms */
  readonly now: () => number
  readonly onRefused: (line: number, reason: string, detail: string) => void
  readonly onProgress: (sums: ImportSums) => void
  /** Nobody takes what waits in the inbox. */
  readonly onStalled: (waiting: number) => void
  /** ms for which nobody took anything. Default: 5,000. */
  readonly stalledAfterMs?: number
}

export interface ImportSums {
  readonly lines: number
  readonly sent: number
  readonly refused: number
}

/** Sent in one round trip. */
const BATCH = 256

/** Beyond it the import waits for the services to catch up: what waits in Redis is bounded, too. */
const MOST_WAITING = 10_000

const LOOK_EVERY_MS = 50

/** Checks and sends the lines of a file, at the pace of those who take them. Memory does not grow with the file. */
export async function importLines(chunks: AsyncIterable<Buffer>, options: ImporterOptions): Promise<ImportSums> {
  let sums: ImportSums = { lines: 0, sent: 0, refused: 0 }
  let batch: Buffer[] = []
  const flush = async () => {
    if (options.target && batch.length > 0) await sendAtTheirPace(options.target, batch, options)
    sums = { ...sums, sent: sums.sent + batch.length }
    batch = []
    options.onProgress(sums)
  }
  for await (const line of linesOf(chunks, PAYLOAD_LIMIT)) {
    const accepted = isUnderstood(line, options)
    sums = { ...sums, lines: sums.lines + 1, refused: sums.refused + (accepted ? 0 : 1) }
    if (accepted) batch.push(line.bytes)
    if (batch.length === BATCH) await flush()
  }
  await flush()
  return sums
}

function isUnderstood({ number, bytes }: Line, { channel, now, onRefused }: ImporterOptions): boolean {
  try {
    normalise(bytes, { channel, patternTtlMs: 1, latest: now() + AHEAD })
    return true
  } catch (error) {
    if (!(error instanceof UnreadableEventError)) throw error
    onRefused(number, error.reason, error.message)
    return false
  }
}

async function sendAtTheirPace(
  target: ImportTarget,
  batch: readonly Buffer[],
  { channel, onStalled, stalledAfterMs = 5_000 }: ImporterOptions
) {
  let least = Number.POSITIVE_INFINITY
  let since = performance.now()
  for (let waiting = await target.waiting(); waiting > MOST_WAITING; waiting = await target.waiting()) {
    if (waiting < least) {
      least = waiting
      since = performance.now()
    } else if (performance.now() - since >= stalledAfterMs) {
      onStalled(waiting)
      since = performance.now()
    }
    await delay(LOOK_EVERY_MS)
  }
  await target.send(batch, channel)
}
