import type { Logger } from './logger.ts'
import type { RedisClient } from './redis-client.ts'

/** The connection of a reader was lost, or gave no answer in time. */
class ReadConnectionError extends Error {
  override readonly name = 'ReadConnectionError'
}

export interface ReadConnectionOptions {
  readonly connect: () => RedisClient
  /** How long an answer may take beyond the time it may block, ms. */
  readonly watchdogMs: number
  readonly abort?: AbortSignal | undefined
  readonly logger: Logger
}

/**
 * A connection for one command at a time, used until it first fails.
 *
 * ioredis reconnects by itself, but a blocking command that a reconnect interrupts may then never settle, and one sent into
 * a frozen connection waits as long as TCP does. So each command here ends with the connection or with the watchdog, and the
 * reader makes a new connection.
 */
export class ReadConnection {
  readonly #redis: RedisClient
  readonly #watchdogMs: number
  readonly #abort: AbortSignal | undefined
  #lastError: Error | undefined
  #failure: Error | undefined
  #reject: ((failure: Error) => void) | undefined

  constructor({ connect, watchdogMs, abort, logger }: ReadConnectionOptions) {
    this.#redis = connect()
    this.#watchdogMs = watchdogMs
    this.#abort = abort
    this.#redis.on('error', (error: Error) => {
      this.#lastError = error
      logger.debug({ err: error }, 'the connection of a log reader reports an error')
    })
    this.#redis.once('close', this.#onClose)
    abort?.addEventListener('abort', this.#onAbort, { once: true })
    if (abort?.aborted) this.#onAbort()
  }

  /** @throws ReadConnectionError, or what the command throws */
  async run<Reply>(command: (redis: RedisClient) => Promise<Reply>, blockMs = 0): Promise<Reply> {
    if (this.#failure) throw this.#failure
    const { promise, resolve, reject } = Promise.withResolvers<Reply>()
    const within = blockMs + this.#watchdogMs
    const watchdog = setTimeout(() => this.#fail(new ReadConnectionError(`no answer within ${within} ms`)), within)
    this.#reject = reject
    command(this.#redis).then(resolve, reject)
    try {
      return await promise
    } finally {
      clearTimeout(watchdog)
    }
  }

  close(): void {
    this.#abort?.removeEventListener('abort', this.#onAbort)
    this.#redis.disconnect()
  }

  readonly #onClose = () => {
    this.#fail(new ReadConnectionError('the connection was closed', { cause: this.#lastError }))
  }

  readonly #onAbort = () => {
    this.#fail(new ReadConnectionError('reading was aborted'))
  }

  #fail(failure: Error) {
    this.#failure ??= failure
    this.#reject?.(this.#failure)
  }
}
