import type { Route } from '@tickstock/contracts'
import { type BackOffBounds, waitAfter } from '../back-off.ts'
import { readAnswer, readRefusal } from './answer.ts'
import { streamOf } from './answer-stream.ts'
import { CallSpan } from './call-span.ts'
import { RefusedError, RequestError, reasonOf } from './request-error.ts'
import { type AnswerOf, type AnyParts, isRepeatable, type Parts, urlOf } from './route-call.ts'

export interface CallOptions {
  /** Ends the call at once, also between two attempts: it then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined
  /** Milliseconds for the call with all its attempts; of a stream for each wait. Default: the client's. */
  readonly timeoutMs?: number | undefined
}

export interface CallerOptions {
  readonly url: string
  readonly headers: () => Promise<Record<string, string>>
  readonly timeoutMs: number
  /** Attempts of a call that can be repeated, where its failure is temporary; 1 is no retry. */
  readonly attempts: number
  readonly backOff: BackOffBounds
  readonly random: () => number
}

/** An answer that may be asked for again by its tag. */
export interface TaggedAnswer<Answer> {
  readonly tag: string | undefined
  readonly answer: Answer
}

/** Calls routes of the contracts over `fetch`, and checks the answers against them. */
export class Caller {
  readonly #options: CallerOptions

  constructor(options: CallerOptions) {
    this.#options = options
  }

  /** The same, for somebody else. */
  as(headers: CallerOptions['headers']): Caller {
    return new Caller({ ...this.#options, headers })
  }

  /** @throws RequestError (RefusedError when the service said why) */
  async call<R extends Route>(route: R, parts: Parts<R>, options?: CallOptions): Promise<AnswerOf<R>>
  async call(route: Route, parts: AnyParts, options?: CallOptions): Promise<unknown> {
    return this.#settled(route, parts, options, async span => readAnswer(route, await this.#send(route, parts, span)))
  }

  /** Gives what is known itself where the service says that it is still so. @throws RequestError */
  async callTagged<R extends Route>(
    route: R,
    parts: Parts<R>,
    known: TaggedAnswer<AnswerOf<R>> | undefined,
    options?: CallOptions
  ): Promise<TaggedAnswer<AnswerOf<R>>>
  async callTagged(
    route: Route,
    parts: AnyParts,
    known: TaggedAnswer<unknown> | undefined,
    options?: CallOptions
  ): Promise<TaggedAnswer<unknown>> {
    const tag = known?.tag
    const headers = tag === undefined ? {} : { 'if-none-match': tag }
    const conditional = { ...parts, headers: { ...parts.headers, ...headers } }
    return this.#settled(route, conditional, options, async span => {
      const response = await this.#send(route, conditional, span)
      if (response.status === 304 && known !== undefined) return known
      return { tag: response.headers.get('etag') ?? undefined, answer: await readAnswer(route, response) }
    })
  }

  /** The bytes of an answer as they come. The deadline holds for each wait, not for the whole. @throws RequestError, the stream too */
  async stream<R extends Route>(route: R, parts: Parts<R>, options?: CallOptions): Promise<ReadableStream<Uint8Array>>
  async stream(route: Route, parts: AnyParts, options: CallOptions = {}): Promise<ReadableStream<Uint8Array>> {
    const span = this.#span(options)
    try {
      const response = await this.#repeated(route, parts, span, async () => {
        const response = await this.#send(route, parts, span)
        if (!response.ok) throw await readRefusal(response)
        return response
      })
      return streamOf(response, span)
    } catch (error) {
      span.end()
      throw error
    }
  }

  async #settled<Result>(
    route: Route,
    parts: AnyParts,
    options: CallOptions = {},
    attempt: (span: CallSpan) => Promise<Result>
  ): Promise<Result> {
    const span = this.#span(options)
    try {
      return await this.#repeated(route, parts, span, () => attempt(span))
    } finally {
      span.end()
    }
  }

  async #repeated<Result>(
    route: Route,
    parts: AnyParts,
    span: CallSpan,
    attempt: () => Promise<Result>
  ): Promise<Result> {
    const attempts = isRepeatable(route, parts) ? this.#options.attempts : 1
    for (let count = 1; ; count++) {
      try {
        return await attempt()
      } catch (error) {
        span.signal.throwIfAborted()
        if (count >= attempts || !(error instanceof RequestError) || !error.temporary) throw error
        await span.wait(this.#pause(count, error), error)
      }
    }
  }

  #pause(failures: number, failure: RequestError): number {
    const jitter = waitAfter(failures, this.#options.random(), this.#options.backOff)
    return failure instanceof RefusedError ? Math.max(jitter, failure.retryAfterMs ?? 0) : jitter
  }

  #span({ timeoutMs = this.#options.timeoutMs, signal }: CallOptions): CallSpan {
    return new CallSpan(timeoutMs, signal)
  }

  async #send(route: Route, parts: AnyParts, span: CallSpan): Promise<Response> {
    const { body } = parts
    const identity = await span.race(this.#options.headers())
    return reach(urlOf(route, parts, this.#options.url), {
      method: route.method,
      signal: span.signal,
      headers: {
        accept: 'application/json',
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...identity,
        ...parts.headers
      },
      ...(body !== undefined && { body: JSON.stringify(body) })
    })
  }
}

async function reach(url: URL, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init)
  } catch (cause) {
    throw new RequestError(`${url.origin} cannot be reached: ${reasonOf(cause)}`, { temporary: true, cause })
  }
}
