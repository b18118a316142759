import { namesAnswer } from '@tickstock/service-kit'
import type { FastifyReply, FastifyRequest } from 'fastify'

export const JSON_TYPE = 'application/json; charset=utf-8'

/** Sends what is JSON already: text is not encoded again. */
export function sendJson(reply: FastifyReply, json: string): void {
  reply.type(JSON_TYPE).send(json)
}

/**
 * Says which answer this is, and whether the sender has it: then he has got his 304, and there is nothing left to send.
 *
 * @param cacheControl by default anybody may keep the answer, and must ask before it is used again
 */
export function isKnown(request: FastifyRequest, reply: FastifyReply, tag: string, cacheControl = 'no-cache'): boolean {
  const etag = `W/"${tag}"`
  reply.header('etag', etag).header('cache-control', cacheControl)
  if (!knows(request, etag)) return false
  reply.code(304).send(null)
  return true
}

/** Whether the sender has the answer that an etag names. */
export const knows = (request: FastifyRequest, etag: string): boolean =>
  namesAnswer(request.headers['if-none-match'], etag)
