import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { collectDefaultMetrics, Histogram, Registry } from 'prom-client'

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
  const duration = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from the first byte of a request to the last of its answer',
    labelNames: ['method', 'route', 'status'],
    buckets: BUCKETS,
    registers: [registry]
  })
  const observers = new Map<string, Histogram.Internal<'method' | 'route' | 'status'>>()

  app.addHook('onResponse', (request: FastifyRequest, reply: FastifyReply, done) => {
    const { method, routeOptions } = request
    // The pattern, never the path: paths are without number, and a caller chooses them.
    const route = routeOptions.url ?? 'none'
    const key = `${method} ${reply.statusCode} ${route}`
    let observer = observers.get(key)
    if (!observer) {
      observer = duration.labels(method, route, String(reply.statusCode))
      observers.set(key, observer)
    }
    observer.observe(reply.elapsedTime / 1000)
    done()
  })

  app.route({
    method: 'GET',
    url: '/metrics',
    schema: { summary: 'Prometheus metrics', tags: ['operations'] },
    handler: async (_request, reply) => reply.type(registry.contentType).send(await registry.metrics())
  })
}

export const metrics = fp(plugin, { name: 'metrics' })
