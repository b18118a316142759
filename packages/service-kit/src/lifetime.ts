import type { Logger } from './logger.ts'

export interface LifetimeOptions {
  readonly logger: Logger
  /** How long each part may take to close, ms. Default 2,000. */
  readonly each?: number
}

interface Part {
  readonly name: string
  readonly close: () => Promise<unknown> | unknown
  readonly within: number
}

/**
 * What a process has opened, closed in reverse. A part that fails or hangs is logged and does not keep the others open.
 */
export class Lifetime {
  readonly #logger: Logger
  readonly #each: number
  readonly #parts: Part[] = []
  #closing: Promise<void> | undefined

  constructor({ logger, each = 2_000 }: LifetimeOptions) {
    this.#logger = logger
    this.#each = each
  }

  /** What is opened while all is being closed already is closed at once. */
  own(name: string, close: Part['close'], { within = this.#each }: Partial<Pick<Part, 'within'>> = {}): void {
    const part = { name, close, within }
    if (this.#closing) this.#closing = this.#closing.then(() => this.#close(part))
    else this.#parts.push(part)
  }

  /** Never rejects; calls share one closing. */
  close(): Promise<void> {
    this.#closing ??= this.#closeAll()
    return this.#closing
  }

  async #closeAll() {
    for (const part of this.#parts.splice(0).reverse()) await this.#close(part)
  }

  async #close({ name, close, within }: Part) {
    const { promise: late, reject } = Promise.withResolvers<never>()
    const timer = setTimeout(() => reject(new Error(`not closed within ${within} ms`)), within)
    try {
      await Promise.race([close(), late])
    } catch (error) {
      this.#logger.error({ err: error, part: name }, 'could not be closed in order')
    } finally {
      clearTimeout(timer)
    }
  }
}
