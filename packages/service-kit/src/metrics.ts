import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { collectDefaultMetrics, Registry } from 'prom-client'
import { DurationHistogram, type DurationSeries } from './duration-histogram.ts'

export interface MetricsOptions {
  readonly service: string
  /** Where the domain's own metrics are too. Default: a new one. */
  readonly registry?: Registry
}

/** A registry of the service's own, with the process's default metrics. Domain parts put theirs into it. */
export function createRegistry(): Registry {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  return registry
}

/** From a cached answer (0.5 ms) to a time-out (10 s). */
const BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10]

/** GET /metrics in Prometheus' text format, and the duration of every request by method, route pattern and status. */
const plugin: FastifyPluginAsync<MetricsOptions> = async (app, { service, registry = createRegistry() }) => {
  registry.setDefaultLabels({ service })
  const duration = new DurationHistogram({
    name: 'http_request_duration_seconds',
    help: 'Time from the first byte of a request to the last of its answer',
    labelNames: ['method', 'route', 'status'],
    buckets: BUCKETS,
    registers: [registry]
  })
  /** By what all requests of a route share (without one, the method), then by status: no text is made or compared. */
  const routes = new Map<unknown, (DurationSeries | undefined)[]>()

  app.addHook('onResponse', (request, reply, done) => {
    const { config, url } = request.routeOptions
    const route = url === undefined ? request.method : config
    let byStatus = routes.get(route)
    if (!byStatus) {
      byStatus = []
      routes.set(route, byStatus)
    }
    const { statusCode } = reply
    let series = byStatus[statusCode]
    if (!series) {
      // The pattern, never the path: paths are without number, and a caller chooses them.
      series = duration.series({ method: request.method, route: url ?? 'none', status: statusCode })
      byStatus[statusCode] = series
    }
    series.observe(reply.elapsedTime / 1_000)
    done()
  })

  app.route({
    method: 'GET',
    url: '/metrics',
    handler: async (_request, reply) => reply.type(registry.contentType).send(await registry.metrics())
  })
}

export const metrics = fp(plugin, { name: 'metrics' })
