import { runService } from '@tickstock/service-kit'
import { buildApp, SERVICE } from './app.ts'
import { config } from './config.ts'
import { startPipeline } from './pipeline.ts'

await runService({
  service: SERVICE,
  schema: config,
  start: async context => {
    const { instruments, ...pipeline } = startPipeline(context)
    return buildApp({ ...context, ...pipeline, scans: instruments.scans })
  }
})
