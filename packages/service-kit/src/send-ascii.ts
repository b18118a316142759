import type { OutgoingHttpHeader } from 'node:http'
import type { FastifyReply } from 'fastify'

/**
 * Sends text that is ASCII already, with the headers that the reply has so far. Past Fastify's serialisers and its onSend hooks (compression), for answers
 * that are sent by the ten thousand: written with the head in one piece, and not encoded. A page of 10 KB costs 2 µs less than by `reply.send`.
 *
 * @param text ASCII alone; `null` for a status without a body
 * @param more headers, name and value in turn, that the reply does not have yet: half of what it takes to put them there first
 */
export function sendAscii(
  reply: FastifyReply,
  status: number,
  text: string | null,
  more: readonly string[] = []
): void {
  const { raw } = reply
  const headers = reply.getHeaders()
  const head: OutgoingHttpHeader[] = [...more]
  for (const name in headers) {
    const value = headers[name]
    if (value !== undefined) head.push(name, value)
  }
  if (text === null) raw.writeHead(status, head).end()
  else {
    head.push('content-length', text.length)
    raw.writeHead(status, head).end(text, 'latin1')
  }
}
