import type { FastifyCompressOptions } from '@fastify/compress'

/**
 * Routes whose answers are large and not asked for by the thousand compress them themselves. A page of a scan does not: 10 KB of JSON by gzip cost
 * several times what the whole scan does, and nginx does it on its own processors for those who are far away.
 */
export const compressed: FastifyCompressOptions = {
  encodings: ['br', 'gzip'],
  threshold: 1_024,
  customTypes: /^(?:application\/(?:json|x-ndjson)|text\/csv)(?:;|$)/,
  // The fastest level: half of the time of the default for an answer a tenth larger.
  zlibOptions: { level: 1 }
}
