import type { NetworkInput } from './session/input.ts'

type Listen = (type: string, listener: (event: object) => void, options: { readonly signal: AbortSignal }) => void

/** What a browser's global scope has of it. */
export interface NetworkScope {
  readonly performance: { now(): number }
  /** Node has none. */
  readonly addEventListener?: Listen
  /** A worker has none. */
  readonly document?: { readonly visibilityState: string; readonly addEventListener: Listen }
}

/** How often the two clocks are compared, ms. */
const COMPARE_MS = 2_000
/** What a clock that is set a little leads by, or a comparison that is late; more is a sleep. ms */
const SLEEP_MS = 3_000

/**
 * Tells that the network is gone or back, and that the program may have slept: its page is visible again, or is taken from
 * the browser's cache of pages, or the wall clock went on while the monotonic one stood still, as it does on most
 * platforms while the machine sleeps. Tells nothing in Node.
 *
 * @returns stops it
 */
export function watchNetwork(tell: (input: NetworkInput) => void, scope: NetworkScope = globalThis): () => void {
  const { document, performance } = scope
  if (scope.addEventListener === undefined) return () => undefined
  const stop = new AbortController()
  const { signal } = stop
  const wake = () => tell({ type: 'wake' })
  scope.addEventListener('online', () => tell({ type: 'online' }), { signal })
  scope.addEventListener('offline', () => tell({ type: 'offline' }), { signal })
  scope.addEventListener('pageshow', event => 'persisted' in event && event.persisted && wake(), { signal })
  document?.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && wake(), { signal })

  const leadOfWallClock = () => Date.now() - performance.now()
  let lead = leadOfWallClock()
  const comparing = setInterval(() => {
    const before = lead
    lead = leadOfWallClock()
    if (lead - before > SLEEP_MS) wake()
  }, COMPARE_MS)
  signal.addEventListener('abort', () => clearInterval(comparing))
  return () => stop.abort()
}
