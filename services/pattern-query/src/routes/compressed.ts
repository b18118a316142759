import type { FastifyCompressOptions } from '@fastify/compress'
import type { FastifyReply } from 'fastify'

/**
 * Routes whose answers are large and not asked for by the thousand compress them themselves. A page of a scan does not: the fastest gzip of its 10 KB takes
 * 26 µs, more than the whole scan (15 µs), and nginx does it on its own processors for those who are far away.
 */
export const compressed: FastifyCompressOptions = {
  encodings: ['br', 'gzip'],
  threshold: 1_024,
  customTypes: /^(?:application\/(?:json|x-ndjson)|text\/csv)(?:;|$)/,
  // The fastest level: two thirds of the time of the default for an answer an eighth larger.
  zlibOptions: { level: 1 }
}

/** Says that the answer is another for who takes another encoding, beside what else it varies by. */
export function variesByEncoding(reply: FastifyReply): void {
  const others = reply.getHeader('vary')
  reply.header('vary', others === undefined ? 'accept-encoding' : `${others}, accept-encoding`)
}
