// Memory of a view, bytes a pattern: the JSON, and everything beyond it. Prints `{"json", "beyond"}`.
// Usage: node --expose-gc --conditions=@tickstock/source test/bench/memory.ts <patterns>

import { parseScan } from '../../src/domain/query.ts'
import { PatternView } from '../../src/domain/view/pattern-view.ts'
import { detected, entryOf } from '../events.ts'
import { benchPattern } from './patterns.ts'

const count = Number(process.argv[2] ?? 100_000)

const used = (): number => {
  for (let round = 0; round < 3; round++) globalThis.gc?.()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

const view = new PatternView({ maxLivePatterns: 2 * count })
for (const channel of ['daily', 'intraday', 'combo'] as const) view.reset(channel, [], { epoch: 'e', offset: 0 })
const scans = ['confidence', 'detected_at', 'symbol', 'rs', 'volume'] as const
const before = used()
let json = 0
for (let n = 0; n < count; n++) {
  // As the log gives it: each pattern parsed from text of its own.
  const { event } = entryOf(n + 1, JSON.parse(JSON.stringify(detected(benchPattern(n)))), 'e')
  view.apply('daily', [{ ...entryOf(n + 1, event, 'e') }])
}
for (const sort_by of scans)
  view.scan(parseScan({ sort_by, confidence_min: 0.6, rs_min: 0.1, vol_min: 0.1, rsi_range: '5,95' }))
const after = used()
for (const { id } of Array.from({ length: count }, (_, n) => benchPattern(n))) json += view.row(id)?.length ?? 0
console.log(JSON.stringify({ json: json / count, beyond: (after - before - json) / count }))
