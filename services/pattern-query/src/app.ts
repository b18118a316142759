import type { PatternHistory } from '@tickstock/contracts'
import {
  createServer,
  type DurationSeries,
  type EdgeConfig,
  health,
  identity,
  type Logger,
  metrics,
  performanceLog,
  rateLimit
} from '@tickstock/service-kit'
import type { Registry } from 'prom-client'
import type { Config } from './config.ts'
import type { Freshness } from './domain/freshness.ts'
import type { IngestFigures } from './domain/reports/ingest-figures.ts'
import { ScanAnswers } from './domain/scan-answers.ts'
import { NO_UNIVERSE, type UniverseLink } from './domain/universe.ts'
import type { PatternView } from './domain/view/pattern-view.ts'
import { registerScanCounts } from './instruments.ts'
import type { Performance } from './performance.ts'
import { exportRoute } from './routes/export.ts'
import { historyRoute } from './routes/history.ts'
import { patternRoute } from './routes/pattern.ts'
import { reportRoutes } from './routes/reports.ts'
import { scanRoute } from './routes/scan.ts'

export const SERVICE = 'pattern-query'

export interface Dependencies {
  readonly config: Pick<Config, 'DRAIN_MS'> & EdgeConfig
  readonly logger: Logger
  readonly registry: Registry
  readonly view: PatternView
  readonly freshness: () => Freshness
  readonly listening: () => boolean
  /** Default: there is none. */
  readonly universe?: UniverseLink
  readonly scans: Pick<DurationSeries, 'observe'>
  readonly ingest: () => IngestFigures
  readonly performance: Performance
  /** Events of a live pattern, read from the log. */
  readonly historyOf: (id: string) => Promise<PatternHistory>
}

/**
 * What the service answers. It can take traffic once the view is built and producers are heard, and goes on while Redis is away: what it
 * answers then says that it is stale.
 */
export function buildApp({
  config,
  logger,
  registry,
  view,
  freshness,
  listening,
  universe = NO_UNIVERSE,
  scans,
  ingest,
  performance,
  historyOf
}: Dependencies) {
  const answers = new ScanAnswers(view)
  registerScanCounts(registry, answers)
  const app = createServer({ logger, config })

  app.register(health, {
    service: SERVICE,
    drainMs: config.DRAIN_MS,
    checks: { view: () => viewIsBuilt(freshness()), producers: () => producersAreHeard(listening()) }
  })
  app.register(metrics, { service: SERVICE, registry })
  app.register(performanceLog, { service: SERVICE, registry, redis: performance.redis })
  app.register(identity, { config, optional: true, scopes: { read: 'patterns:read', write: 'patterns:read' } })
  app.register(rateLimit, { config })
  app.register(scanRoute, { answers, freshness, universe, scans })
  app.register(reportRoutes, {
    view,
    answers,
    freshness,
    listening,
    universe,
    ingest,
    performance: performance.figures
  })
  app.register(exportRoute, { view, freshness, universe })
  app.register(historyRoute, { view, freshness, historyOf })
  app.register(patternRoute, { view, freshness })

  return app
}

function viewIsBuilt({ built, trouble }: Freshness): void {
  if (!built) throw new Error(trouble ?? 'the live patterns are being read')
}

function producersAreHeard(listening: boolean): void {
  if (!listening) throw new Error('not subscribed to the producers yet')
}
