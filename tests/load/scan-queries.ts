import { patternOf, symbolOf } from './patterns.ts'

export interface ScanPath {
  readonly path: string
}

export const SCAN = '/api/patterns/scan?per_page=30'

/** Different queries, many times as many as are remembered. */
const UNSEEN = 25_000

/** The nth of all filters that a dashboard varies. */
function filterOf(n: number): string {
  const confidence = (0.5 + (n % 4_871) / 1e4).toFixed(4)
  const ratio = ((n % 2_903) / 1e3).toFixed(3)
  const filters = [
    `symbols=${symbolOf(n * 7)},${symbolOf(n * 11)},${symbolOf(n * 13)}&rs_min=${ratio}`,
    `pattern_types=${patternOf(n)}&confidence_min=${confidence}`,
    `timeframe=Daily&rs_min=${ratio}&sort_by=rs`,
    `confidence_min=${confidence}&sort_by=detected_at&page=${1 + (n % 5)}`,
    `pattern_types=${patternOf(n)},${patternOf(n + 1)}&vol_min=${ratio}&rsi_range=${n % 40},${60 + (n % 40)}`
  ]
  return `${filters[n % filters.length]}`
}

/** Filters that no one has asked for lately: each connection has its own, and they come again after {@link UNSEEN} others. */
export const unseenScans =
  (seed: number, connections: number) =>
  (connection: number): ScanPath[] =>
    Array.from({ length: Math.ceil(UNSEEN / connections) }, (_, n) => ({
      path: `${SCAN}&${filterOf(seed + n * connections + connection)}`
    }))

/** What a crowd with the same dashboard asks for: fifty filters. */
export const repeatedScans =
  (seed: number) =>
  (connection: number): ScanPath[] =>
    Array.from({ length: 50 }, (_, n) => ({ path: `${SCAN}&${filterOf(seed + ((n + 7 * connection) % 50))}` }))
