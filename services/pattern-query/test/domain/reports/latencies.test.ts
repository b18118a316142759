import { checkOf, PatternPerformance, type PerformanceEntry } from '@tickstock/contracts'
import fc from 'fast-check'
import t from 'tap'
import { latenciesOf } from '../../../src/domain/reports/latencies.ts'

const entry = (duration: number, over: Partial<PerformanceEntry> = {}): PerformanceEntry => ({
  endpoint: '/scan',
  method: 'GET',
  status: 200,
  duration,
  ...over
})

t.test('figures by route and method, the busiest first', async t => {
  const entries = [
    ...Array.from({ length: 100 }, (_, n) => entry((n + 1) / 1_000, { at: 1_000 + n })),
    entry(0.5, { endpoint: '/export', status: 503 })
  ]
  t.same(latenciesOf(entries), {
    window: { requests: 101, from: 1_000, to: 1_099 },
    routes: [
      {
        method: 'GET',
        route: '/scan',
        count: 100,
        errors: 0,
        mean_ms: 50.5,
        p50_ms: 50,
        p95_ms: 95,
        p99_ms: 99,
        max_ms: 100
      },
      {
        method: 'GET',
        route: '/export',
        count: 1,
        errors: 1,
        mean_ms: 500,
        p50_ms: 500,
        p95_ms: 500,
        p99_ms: 500,
        max_ms: 500
      }
    ]
  })
})

t.test('an empty list is no requests', async t => {
  t.same(latenciesOf([]), { window: { requests: 0, from: null, to: null }, routes: [] })
})

t.test('what other applications write says a route and seconds, and counts', async t => {
  t.match(latenciesOf([{ endpoint: 'scan_patterns', duration: 0.0123 }]), {
    window: { requests: 1, from: null, to: null },
    routes: [{ method: '-', route: 'scan_patterns', count: 1, p50_ms: 12.3 }]
  })
})

t.test('an entry counts as often as it says: the same figures as from as many entries', async t => {
  const { accepts } = checkOf(PatternPerformance)
  const weighted = fc.array(
    fc.record({
      duration: fc.integer({ min: 0, max: 5_000_000 }).map(us => us / 1e6),
      endpoint: fc.constantFrom('/a', '/b'),
      status: fc.constantFrom(200, 404, 500, 503),
      weight: fc.integer({ min: 1, max: 20 })
    })
  )
  // The mean is a sum of floats: in another order it is another last digit.
  const meansOf = ({ routes }: PatternPerformance) => routes.map(({ mean_ms }) => mean_ms)
  const without = ({ routes, ...rest }: PatternPerformance) => ({
    ...rest,
    routes: routes.map(({ mean_ms: _, ...others }) => others)
  })
  const areNear = (some: readonly number[], others: readonly number[]) =>
    some.every((mean, at) => Math.abs(mean - (others[at] ?? Number.NaN)) <= 0.002)
  fc.assert(
    fc.property(weighted, entries => {
      const spread = entries.flatMap(({ weight, ...each }) => Array.from({ length: weight }, () => each))
      const figures = latenciesOf(entries)
      const wanted = latenciesOf(spread)
      const isSame = JSON.stringify(without(figures)) === JSON.stringify(without(wanted))
      return accepts(figures) && isSame && areNear(meansOf(figures), meansOf(wanted))
    }),
    { numRuns: 1_000 }
  )
  t.pass('each of them')
})
