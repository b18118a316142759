import { runService } from '@tickstock/service-kit'
import { buildApp, SERVICE } from './app.ts'
import { config } from './config.ts'
import type { EarlySubscription } from './feeds/early-subscription.ts'
import { openPerformance } from './performance.ts'
import { startPipeline } from './pipeline.ts'
import { startRetention } from './retention.ts'
import { startUniverse } from './universe.ts'

/** Runs the service, with the subscription that its start began with. */
export const start = (early: EarlySubscription | undefined): Promise<void> =>
  runService({
    service: SERVICE,
    schema: config,
    start: async context => {
      const { instruments, ...pipeline } = startPipeline(context, early)
      startRetention(context)
      const universe = startUniverse(context, { view: pipeline.view, instruments })
      const performance = openPerformance(context)
      return buildApp({ ...context, ...pipeline, universe, performance, scans: instruments.scans })
    }
  })
