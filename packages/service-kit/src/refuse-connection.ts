import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import { ProblemError } from '@tickstock/contracts'
import type { FastifyInstance } from 'fastify'
import { rawProblem } from './problem-reply.ts'

/** Answers bytes that never became a request, and hangs up. */
export function refuseConnection(this: FastifyInstance, error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return
  const requestId = randomUUID()
  this.log.debug({ err: error, request_id: requestId }, 'connection refused')
  if (socket.writable) socket.write(rawProblem(refusalOf(error.code), requestId))
  socket.destroySoon()
}

function refusalOf(code: string | undefined): ProblemError {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return new ProblemError('request_timeout', 'The request did not arrive in time')
  if (code === 'HPE_HEADER_OVERFLOW')
    return new ProblemError('headers_too_large', 'The request line and headers are too large')
  return new ProblemError('invalid_request', 'This is not HTTP')
}
