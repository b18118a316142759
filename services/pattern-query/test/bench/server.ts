// pattern-query without Redis, for profiles: a view of so many patterns behind all of the service's walls. Prints its address.
// Usage: node --conditions=@tickstock/source test/bench/server.ts <patterns> [events a second]
import { createLogger, createRegistry } from '@tickstock/service-kit'
import { Redis } from 'ioredis'
import { buildApp } from '../../src/app.ts'
import { PatternView } from '../../src/domain/view/pattern-view.ts'
import { createInstruments } from '../../src/instruments.ts'
import { detected, entryOf } from '../events.ts'
import { benchPattern } from './patterns.ts'

const [count = 1_000, rate = 0] = process.argv.slice(2).map(Number)
const view = new PatternView({ maxLivePatterns: 2 * count })
for (const channel of ['daily', 'intraday', 'combo'] as const) view.reset(channel, [], { epoch: 'e', offset: 0 })
view.apply(
  'daily',
  Array.from({ length: count }, (_, n) => entryOf(n + 1, detected(benchPattern(n)), 'e'))
)

const registry = createRegistry()
const app = buildApp({
  config: { AUTH_MODE: 'development', DRAIN_MS: 0 },
  logger: createLogger({ service: 'bench', level: 'warn' }),
  registry,
  view,
  freshness: () => ({ built: true, asOf: Date.now(), stale: false }),
  listening: () => true,
  scans: createInstruments(registry).scans,
  ingest: () => ({ received: 0, appended: 0, duplicates: 0, deadLetters: 0, lost: 0, queued: 0, perSecond: 0 }),
  performance: {
    redis: new Redis({ lazyConnect: true }),
    figures: async () => ({ window: { requests: 0, from: null, to: null }, routes: [] })
  },
  historyOf: async id => ({ id, events: [], complete: false })
})
console.log(await app.listen({ host: '127.0.0.1', port: 0 }))

if (rate > 0) {
  let offset = count
  setInterval(() => {
    for (let n = 0; n < rate / 100; n++) {
      offset++
      const pattern = { ...benchPattern((offset * 37) % count), confidence: ((offset * 7) % 1000) / 1000 }
      view.apply('daily', [entryOf(offset, detected(pattern), 'e')])
    }
  }, 10)
}
process.on('SIGTERM', () => process.exit(0))
