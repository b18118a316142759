import { type FastifyReply, type FastifyRequest, LogController } from 'fastify'
import type { Logger } from './logger.ts'

/** One line a request, when it is over: at `debug`, and at `info` where the service failed. Never the query: it may hold anything. */
export class RequestLog extends LogController {
  readonly #logger: Logger

  constructor(logger: Logger) {
    super({ requestIdLogLabel: 'request_id' })
    this.#logger = logger
  }

  override incomingRequest(): void {}

  override requestCompleted(error: Error | null | undefined, request: FastifyRequest, reply: FastifyReply): void {
    const failed = error != null || reply.statusCode >= 500
    const level = failed ? 'info' : 'debug'
    if (!this.#logger.isLevelEnabled(level)) return
    request.log[level](
      {
        method: request.method,
        path: pathOf(request.url),
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime * 100) / 100,
        ...(error != null && { err: error })
      },
      'request'
    )
  }
}

/** The path of a request target, without its query. */
export const pathOf = (url: string): string => {
  const query = url.indexOf('?')
  return query < 0 ? url : url.slice(0, query)
}
