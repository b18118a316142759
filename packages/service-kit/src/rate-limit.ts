import { live, ProblemError, ready } from '@tickstock/contracts'
import type { FastifyPluginAsync, FastifyReply } from 'fastify'
import fp from 'fastify-plugin'
import { senderOf } from './identity.ts'
import { areLimited, type IdentityConfig, identityConfig } from './identity-config.ts'
import { networkOf } from './network.ts'
import { type Allowance, RateGauge } from './rate-gauge.ts'
import { isReading } from './reading.ts'
import { pathOf } from './request-log.ts'
import { SERVICE_PREFIX } from './user-name.ts'

export interface RateLimitOptions {
  readonly config: IdentityConfig
  /** ms, of a clock that does not go back. Default: the process's own. */
  readonly now?: () => number
}

interface Policy {
  readonly name: string
  readonly gauge: RateGauge
  /** Of the header RateLimit-Policy. */
  readonly text: string
}

const { RATE_LIMIT_USER, RATE_LIMIT_WRITES, RATE_LIMIT_ADDRESS } = identityConfig.properties

/**
 * Refuses what is too much (429): of a user by his name, of who names none by his address. Services are not counted, nor
 * is anybody in development mode, where names prove nothing and load is tried.
 *
 * Each process counts for itself: a user who is spread over three replicas has three times as much.
 */
const plugin: FastifyPluginAsync<RateLimitOptions> = async (app, { config, now = () => performance.now() }) => {
  if (!areLimited(config)) return
  const users = policyOf('user', config.RATE_LIMIT_USER ?? RATE_LIMIT_USER.default)
  const writes = policyOf('user-writes', config.RATE_LIMIT_WRITES ?? RATE_LIMIT_WRITES.default)
  const addresses = policyOf('address', config.RATE_LIMIT_ADDRESS ?? RATE_LIMIT_ADDRESS.default)

  app.addHook('onRequest', (request, reply, done) => {
    const sender = senderOf(request)
    if (sender === undefined || sender instanceof ProblemError) {
      if (!UNCOUNTED.has(pathOf(request.url))) hold(addresses, networkOf(request.ip), now(), reply)
    } else if (!sender.user.startsWith(SERVICE_PREFIX)) {
      hold(isReading(request.method) ? users : writes, sender.user, now(), reply)
    }
    done()
  })
}

export const rateLimit = fp(plugin, { name: 'rate-limit', dependencies: ['identity'] })

/** Asked by balancers and Prometheus, from addresses that others may share. */
const UNCOUNTED: ReadonlySet<string> = new Set([live.url, ready.url, '/metrics'])

function policyOf(name: string, perSecond: number): Policy {
  const gauge = new RateGauge({ perSecond })
  return { name, gauge, text: `"${name}";q=${gauge.burst};w=${Math.ceil(gauge.burst / perSecond)}` }
}

function hold(policy: Policy, sender: string, now: number, reply: FastifyReply): void {
  const { gauge, name } = policy
  const left = gauge.take(sender, now)
  if (left.wait > 0) {
    reply.header('retry-after', Math.ceil(left.wait / 1_000))
    tell(policy, left, reply)
    throw new ProblemError('too_many_requests', `At most ${gauge.perSecond} requests a second, as ${name}`)
  }
  // Who is far from the limit need not hear of it: two headers more cost as much as the counting.
  if (left.remaining < gauge.burst / 2) tell(policy, left, reply)
}

/** The headers of draft-ietf-httpapi-ratelimit-headers: what holds, what is left, and when all of it is there again (s). */
function tell({ name, text, gauge }: Policy, { remaining }: Allowance, reply: FastifyReply): void {
  const left = Math.max(0, remaining)
  const reset = Math.ceil((gauge.burst - left) / gauge.perSecond)
  reply.header('ratelimit-policy', text).header('ratelimit', `"${name}";r=${left};t=${reset}`)
}
