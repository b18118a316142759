import type { FastifyReply, FastifyRequest } from 'fastify'

const JSON_TYPE = 'application/json; charset=utf-8'

/** Sends what is JSON already: text is not encoded again. */
export function sendJson(reply: FastifyReply, json: string): void {
  reply.type(JSON_TYPE).send(json)
}

/** Says which answer this is, and whether the sender has it: then he has got his 304, and there is nothing left to send. */
export function isKnown(request: FastifyRequest, reply: FastifyReply, tag: string): boolean {
  const etag = `W/"${tag}"`
  reply.header('etag', etag).header('cache-control', 'no-cache')
  const known = request.headers['if-none-match']
  if (known === undefined || !names(known, etag)) return false
  reply.code(304).send(null)
  return true
}

function names(header: string, etag: string): boolean {
  const opaque = etag.slice('W/'.length)
  return header.split(',').some(tag => ['*', etag, opaque].includes(tag.trim()))
}
