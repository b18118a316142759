import { setTimeout as span } from 'node:timers/promises'
import { Child } from '../child.ts'
import { Cleanup } from '../cleanup.ts'
import { table, whole } from '../table.ts'
import { ours } from './contenders/tickstock.ts'
import { residentBytes } from './process-usage.ts'

export interface MemoryOptions {
  readonly idle: number
  readonly stalled: number
  readonly seconds: number
}

const RATE = 100
const SETTLING = 3_000

/** What a connection costs the gateway's process: one to which nothing is sent, and one that stops reading while events flow. */
export async function memoryReport({ idle, stalled, seconds }: MemoryOptions): Promise<string> {
  const quiet = await grown(idle, 0, 0)
  const reading = await grown(stalled, 0, seconds)
  const stopped = await grown(stalled, stalled, seconds)
  const rows = [
    ['idle, subscribed', whole(idle), kib(quiet, idle)],
    [`reading ${RATE} events/s`, whole(stalled), kib(reading, stalled)],
    [`not reading them for ${seconds} s`, whole(stalled), kib(stopped, stalled)],
    ['of that for being slow', '', kib(stopped - reading, stalled)]
  ]
  return `Memory of the gateway's process\n\n${table(['', 'connections', 'KiB each'], rows)}`
}

/** Bytes by which the gateway grows when they come, and events flow for so long. */
async function grown(clients: number, stalled: number, seconds: number): Promise<number> {
  const cleanup = new Cleanup()
  try {
    const { url, dialect, pid, publish } = await ours.start(cleanup)
    publish(RATE)
    await span(SETTLING)
    publish(0)
    const before = (await residentBytes(pid)) ?? Number.NaN
    const crowd = new Child(cleanup, './fan-out/crowd.ts', [url, `${clients}`, dialect, `${stalled}`])
    await crowd.line()
    publish(seconds > 0 ? RATE : 0)
    await span(seconds * 1_000)
    publish(0)
    await span(SETTLING)
    return ((await residentBytes(pid)) ?? Number.NaN) - before
  } finally {
    await cleanup.run()
  }
}

const kib = (bytes: number, connections: number): string =>
  Number.isNaN(bytes) ? '-' : (bytes / connections / 1_024).toFixed(1)
