import fastifyCors from '@fastify/cors'
import { type Static, Type } from '@sinclair/typebox'
import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'

const ORIGIN = 'https?://[a-z0-9.-]+(:\\d{1,5})?'

/** Part of what every service is told by its environment. */
export const corsConfig = Type.Object({
  CORS_ORIGINS: Type.String({
    pattern: `^(${ORIGIN}(\\s*,\\s*${ORIGIN})*)?$`,
    maxLength: 4_096,
    default: '',
    description:
      'origins of pages of other hosts that may call, comma-separated, each as a browser says it; none by default'
  })
})

export type CorsConfig = Static<typeof corsConfig>

/** How long a browser remembers what it was allowed, seconds. Chromium keeps no longer. */
const REMEMBERED = 7_200

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']

/** What a page may send beyond the plain. X-User-ID counts in development mode alone, so it does no harm here. */
const SENT = [
  'authorization',
  'content-type',
  'idempotency-key',
  'if-match',
  'if-none-match',
  'x-request-id',
  'x-user-id'
]

/** What a page may read of an answer's headers. */
const READ = [
  'content-disposition',
  'etag',
  'location',
  'ratelimit',
  'ratelimit-policy',
  'retry-after',
  'server-timing',
  'x-request-id'
]

/**
 * Lets pages of the named origins call, and no others. Without origins there is nothing of it: no header, no hook, no cost.
 * Cookies are never asked for: who sends a request says so in `Authorization`.
 */
const plugin: FastifyPluginAsync<CorsConfig> = async (app, { CORS_ORIGINS }) => {
  const origins = CORS_ORIGINS.split(',')
    .map(origin => origin.trim())
    .filter(Boolean)
  if (origins.length === 0) return
  await app.register(fastifyCors, {
    origin: origins,
    methods: METHODS,
    allowedHeaders: SENT,
    exposedHeaders: READ,
    maxAge: REMEMBERED,
    // An OPTIONS that is no preflight is not worth a refusal of its own form.
    strictPreflight: false
  })
}

export const cors = fp(plugin, { name: 'cors' })
