import type { PatternPerformance, PerformanceEntry } from '@tickstock/contracts'

type Latency = PatternPerformance['routes'][number]

/** What an entry that says no method is filed under: other applications write to the list, too. */
const UNKNOWN_METHOD = '-'

/** Statuses that are the service's own fault. */
const ERRORS_FROM = 500

interface Route {
  readonly method: string
  readonly route: string
  readonly entries: PerformanceEntry[]
}

/** How long requests took, by route and method, the busiest first. An entry counts as often as it says. */
export function latenciesOf(entries: readonly PerformanceEntry[]): PatternPerformance {
  const routes = new Map<string, Route>()
  const times: number[] = []
  for (const entry of entries) {
    const { endpoint: route, method = UNKNOWN_METHOD, at } = entry
    const key = `${method} ${route}`
    const known = routes.get(key)
    if (known) known.entries.push(entry)
    else routes.set(key, { method, route, entries: [entry] })
    if (at !== undefined) times.push(at)
  }
  const first = times.reduce((least, at) => Math.min(least, at), Number.POSITIVE_INFINITY)
  const last = times.reduce((most, at) => Math.max(most, at), 0)
  return {
    window: {
      requests: entries.reduce((sum, { weight = 1 }) => sum + weight, 0),
      ...(times.length === 0 ? { from: null, to: null } : { from: first, to: last })
    },
    routes: Array.from(routes.values(), latencyOf).sort((one, other) => other.count - one.count)
  }
}

function latencyOf({ method, route, entries }: Route): Latency {
  const sorted = entries
    .map(({ duration, weight = 1 }) => ({ ms: duration * 1_000, weight }))
    .sort((one, other) => one.ms - other.ms)
  const count = sorted.reduce((sum, { weight }) => sum + weight, 0)
  const quantile = (share: number): number => {
    let passed = 0
    let slowest = 0
    for (const { ms, weight } of sorted) {
      if (passed >= share * count) break
      slowest = ms
      passed += weight
    }
    return rounded(slowest)
  }
  return {
    method,
    route,
    count,
    errors: entries.reduce((sum, { status = 0, weight = 1 }) => sum + (status >= ERRORS_FROM ? weight : 0), 0),
    mean_ms: rounded(sorted.reduce((sum, { ms, weight }) => sum + ms * weight, 0) / count),
    p50_ms: quantile(0.5),
    p95_ms: quantile(0.95),
    p99_ms: quantile(0.99),
    max_ms: quantile(1)
  }
}

/** Whole microseconds. */
const rounded = (ms: number): number => Math.round(ms * 1_000) / 1_000
