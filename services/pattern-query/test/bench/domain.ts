// µs a scan in the domain alone, unseen filters: the least of several batches, since the rest is what the machine did besides.
// Usage: node --conditions=@tickstock/source test/bench/domain.ts [patterns …]
import type { Pattern, ScanQuery } from '@tickstock/contracts'
import { parseScan } from '../../src/domain/query.ts'
import { ScanAnswers } from '../../src/domain/scan-answers.ts'
import { PatternView } from '../../src/domain/view/pattern-view.ts'
import { detected, entryOf } from '../events.ts'
import { benchPattern } from './patterns.ts'

const sizes = process.argv.slice(2).map(Number)
const BATCH = 200
const ROUNDS = 25
const NOW = 1_795_385_900_000

const scans: Record<string, (n: number) => ScanQuery> = {
  all: () => ({}),
  'one type': n => ({ pattern_types: [n % 2 ? 'Doji' : 'Hammer'] }),
  '2 types, channel': () => ({ pattern_types: ['Doji', 'Bull_Flag'], timeframe: '5min' }),
  selective: n => ({ symbols: [`FEW${n % 20}`], confidence_min: 0.5, sort_by: 'rs' }),
  '3 symbols': n => ({ symbols: [`LOAD${n % 500}`, `LOAD${(n * 7) % 500}`, `LOAD${(n * 11) % 500}`] }),
  '3 symbols, rs': n => ({
    symbols: [`LOAD${n % 500}`, `LOAD${(n * 7) % 500}`, `LOAD${(n * 11) % 500}`],
    rs_min: n / 1e4
  }),
  'type, confidence': n => ({ pattern_types: ['Doji'], confidence_min: 0.5 + (n % 400) / 1e3 }),
  'type, conf, by time': n => ({
    pattern_types: ['Doji'],
    confidence_min: 0.5 + (n % 400) / 1e3,
    sort_by: 'detected_at'
  }),
  'daily, rs by rs': n => ({ timeframe: 'daily', rs_min: (n % 20) / 10, sort_by: 'rs' }),
  'conf by time p3': n => ({ confidence_min: 0.6 + (n % 300) / 1e3, sort_by: 'detected_at', page: 3 }),
  'conf by symbol': n => ({ confidence_min: 0.65 + (n % 300) / 1e4, sort_by: 'symbol', sort_order: 'asc' }),
  '2 types, vol, rsi': n => ({
    pattern_types: ['Doji', 'Bull_Flag'],
    vol_min: (n % 30) / 10,
    rsi_range: `${n % 40},${60 + (n % 40)}`
  }),
  '4 ranges': n => ({ confidence_min: 0.55 + (n % 300) / 1e4, rs_min: 0.1, vol_min: 0.3, rsi_range: '5,90' })
}

/** Twenty symbols have twenty patterns each, however many patterns there are. */
const symbolOf = (pattern: Pattern, n: number): Pattern =>
  n < 400 ? { ...pattern, symbol: `FEW${n % 20}`, id: `FEW${pattern.id}` } : pattern

const bench = (run: (n: number) => void): number => {
  let least = Number.POSITIVE_INFINITY
  let n = 0
  for (let round = 0; round < ROUNDS; round++) {
    const began = performance.now()
    for (let each = 0; each < BATCH; each++) run(n++)
    least = Math.min(least, ((performance.now() - began) * 1_000) / BATCH)
  }
  return least
}

console.log(['patterns', ...Object.keys(scans), 'event then scan'].join(' | '))
for (const count of sizes.length > 0 ? sizes : [1_000, 20_000, 100_000]) {
  const view = new PatternView({ maxLivePatterns: 2 * count })
  for (const channel of ['daily', 'intraday', 'combo'] as const) view.reset(channel, [], { epoch: 'e', offset: 0 })
  view.apply(
    'daily',
    Array.from({ length: count }, (_, n) => entryOf(n + 1, detected(symbolOf(benchPattern(n), n)), 'e'))
  )
  const answers = new ScanAnswers(view)
  const figures = Object.values(scans).map(queryOf => {
    const queries = Array.from({ length: 1_000 }, (_, n) => parseScan(queryOf(n)))
    return bench(n => {
      const scan = answers.prepare(queries[n % queries.length] ?? parseScan({}))
      scan.found = undefined
      answers.answer(scan, NOW)
    })
  })
  let offset = count
  const entries = Array.from({ length: BATCH * ROUNDS }, () => {
    offset++
    return entryOf(
      offset,
      detected({
        ...benchPattern((offset * 37) % count),
        confidence: ((offset * 7) % 1000) / 1000,
        updated_at: 1_795_385_869_476 + offset
      }),
      'e'
    )
  })
  const queries = [
    parseScan({}),
    parseScan({ sort_by: 'rs' }),
    parseScan({ pattern_types: ['Doji'], vol_min: 1 }),
    parseScan({ confidence_min: 0.6, sort_by: 'detected_at' })
  ]
  const moving = bench(n => {
    view.apply('daily', entries.slice(n, n + 1))
    const scan = answers.prepare(queries[n % queries.length] ?? parseScan({}))
    scan.found = undefined
    answers.answer(scan, NOW)
  })
  console.log([count, ...figures, moving].map(each => (each > 100 ? each.toFixed(0) : each.toFixed(1))).join(' | '))
}
