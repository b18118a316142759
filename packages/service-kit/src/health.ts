import { type HealthReport, live, ready } from '@tickstock/contracts'
import type { FastifyPluginAsync } from 'fastify'
import { redact } from './redaction.ts'

/** Passes by returning, fails by throwing. */
export type HealthCheck = () => Promise<unknown> | unknown

export interface HealthOptions {
  readonly service: string
  readonly checks?: Readonly<Record<string, HealthCheck>>
  /** How long a closing server says "draining" before its port closes, ms. Default 0. */
  readonly drainMs?: number
}

/** A check that has not answered by then has failed, ms. Balancers rarely wait longer than a second. */
const CHECK_WITHIN = 900

/**
 * GET /health/live (the process runs) and GET /health/ready (it can take traffic: all checks pass, and it is not
 * closing). Closing the server makes it not ready first.
 */
export const health: FastifyPluginAsync<HealthOptions> = async (app, { service, checks = {}, drainMs = 0 }) => {
  let draining = false
  let last: HealthReport['status'] = 'ready'

  app.addHook('preClose', async () => {
    draining = true
    if (drainMs > 0) await new Promise(resolve => setTimeout(resolve, drainMs))
  })

  const report = shared(async (): Promise<HealthReport> => {
    const results = await Promise.all(
      Object.entries(checks).map(async ([name, check]) => [name, await run(check)] as const)
    )
    const ok = results.every(([, result]) => result.ok)
    return { service, status: ok ? 'ready' : 'not_ready', checks: Object.fromEntries(results) }
  })

  app.route({ ...live, handler: () => ({ service, status: 'live', checks: {} }) })
  app.route({
    ...ready,
    handler: async (_request, reply) => {
      const now: HealthReport = draining ? { service, status: 'draining', checks: {} } : await report()
      if (now.status !== last) app.log.warn({ from: last, to: now.status, checks: now.checks }, 'readiness changed')
      last = now.status
      return reply
        .code(now.status === 'ready' ? 200 : 503)
        .header('cache-control', 'no-store')
        .send(now)
    }
  })
}

type CheckResult = HealthReport['checks'][string]

async function run(check: HealthCheck): Promise<CheckResult> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`no answer within ${CHECK_WITHIN} ms`)), CHECK_WITHIN)
  try {
    await Promise.race([check(), late])
    return { ok: true }
  } catch (error) {
    return { ok: false, detail: redact(error instanceof Error ? error.message : String(error)) }
  } finally {
    clearTimeout(timer)
  }
}

/** Calls that overlap share one run: whoever hammers the health route does not hammer what it checks. */
function shared<Value>(run: () => Promise<Value>): () => Promise<Value> {
  let running: Promise<Value> | undefined
  return () => {
    running ??= run().finally(() => {
      running = undefined
    })
    return running
  }
}
