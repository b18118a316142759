import type { PatternPerformance, PerformanceEntry } from '@tickstock/contracts'

type Latency = PatternPerformance['routes'][number]

/** What an entry that says no method is filed under: other applications write to the list, too. */
const UNKNOWN_METHOD = '-'

/** Statuses that are the service's own fault. */
const ERRORS_FROM = 500

/** How long requests took, by route and method, the busiest first. An entry counts as often as it says. */
export function latenciesOf(entries: readonly PerformanceEntry[]): PatternPerformance {
  const routes = new Map<string, PerformanceEntry[]>()
  let requests = 0
  let from = Number.POSITIVE_INFINITY
  let to = Number.NEGATIVE_INFINITY
  for (const entry of entries) {
    const { endpoint, method = UNKNOWN_METHOD, at, weight = 1 } = entry
    const key = `${method} ${endpoint}`
    const known = routes.get(key)
    if (known) known.push(entry)
    else routes.set(key, [entry])
    requests += weight
    if (at !== undefined) {
      from = Math.min(from, at)
      to = Math.max(to, at)
    }
  }
  return {
    window: { requests, from: Number.isFinite(from) ? from : null, to: Number.isFinite(to) ? to : null },
    routes: Array.from(routes.values(), latencyOf).sort(
      (one, other) => other.count - one.count || (one.route < other.route ? -1 : 1)
    )
  }
}

function latencyOf(entries: readonly PerformanceEntry[]): Latency {
  const sorted = entries
    .map(({ duration, weight = 1 }) => ({ ms: duration * 1_000, weight }))
    .sort((one, other) => one.ms - other.ms)
  const count = sorted.reduce((sum, { weight }) => sum + weight, 0)
  const quantile = (share: number): number => {
    let passed = 0
    const found = sorted.find(({ weight }) => {
      passed += weight
      return passed >= share * count
    })
    return rounded(found?.ms ?? 0)
  }
  const [first] = entries
  return {
    method: first?.method ?? UNKNOWN_METHOD,
    route: first?.endpoint ?? '',
    count,
    errors: entries.reduce((sum, { status = 0, weight = 1 }) => sum + (status >= ERRORS_FROM ? weight : 0), 0),
    mean_ms: rounded(sorted.reduce((sum, { ms, weight }) => sum + ms * weight, 0) / count),
    p50_ms: quantile(0.5),
    p95_ms: quantile(0.95),
    p99_ms: quantile(0.99),
    max_ms: rounded(sorted.at(-1)?.ms ?? 0)
  }
}

/** Whole microseconds. */
const rounded = (ms: number): number => Math.round(ms * 1_000) / 1_000
