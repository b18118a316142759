import type { FastifyBaseLogger } from 'fastify'
import { type Bindings, type ChildLoggerOptions, type LogFn, symbols } from 'pino'
import type { Logger } from './logger.ts'

/**
 * A child logger that is made when it first says something: nearly no request does, and a child of pino's costs a microsecond.
 */
export class LazyLogger implements FastifyBaseLogger {
  readonly #make: () => Logger
  #made: Logger | undefined

  constructor(make: () => Logger) {
    this.#make = make
  }

  /** Fastify gives its children serializers of its own, but for those that it sees here. */
  get serializers(): unknown {
    return Reflect.get(this.#logger, symbols.serializersSym)
  }

  get #logger(): Logger {
    this.#made ??= this.#make()
    return this.#made
  }

  child(bindings: Bindings, options: ChildLoggerOptions = {}): LazyLogger {
    return new LazyLogger(() => this.#logger.child(bindings, options))
  }

  get level(): string {
    return this.#logger.level
  }

  get fatal(): LogFn {
    return this.#logger.fatal.bind(this.#logger)
  }

  get error(): LogFn {
    return this.#logger.error.bind(this.#logger)
  }

  get warn(): LogFn {
    return this.#logger.warn.bind(this.#logger)
  }

  get info(): LogFn {
    return this.#logger.info.bind(this.#logger)
  }

  get debug(): LogFn {
    return this.#logger.debug.bind(this.#logger)
  }

  get trace(): LogFn {
    return this.#logger.trace.bind(this.#logger)
  }

  get silent(): LogFn {
    return this.#logger.silent.bind(this.#logger)
  }
}
