import { type Static, Type } from '@sinclair/typebox'

/**
 * Every way a request can be refused, over HTTP (RFC 9457 problem details) and over the WebSocket (`error` messages).
 * `action` is for the caller; `temporary` says that the same request may succeed later.
 */
export const PROBLEMS = {
  invalid_request: {
    status: 400,
    title: 'The request is not valid',
    action: 'Correct the named fields',
    temporary: false
  },
  unauthenticated: { status: 401, title: 'No valid identity', action: 'Send a valid bearer token', temporary: false },
  forbidden: { status: 403, title: 'Not allowed', action: 'Ask for access', temporary: false },
  route_not_found: {
    status: 404,
    title: 'There is no such route',
    action: 'See the API page at /docs',
    temporary: false
  },
  pattern_not_found: {
    status: 404,
    title: 'No live pattern has this id',
    action: 'It may have expired: scan again',
    temporary: false
  },
  symbol_not_found: {
    status: 404,
    title: 'No such symbol',
    action: 'Search with GET /api/symbols?q=',
    temporary: false
  },
  watchlist_not_found: {
    status: 404,
    title: 'No such watchlist',
    action: 'List yours with GET /api/users/universe/watchlists',
    temporary: false
  },
  filter_not_found: {
    status: 404,
    title: 'No such saved filter',
    action: 'List yours with GET /api/users/universe/filters',
    temporary: false
  },
  method_not_allowed: {
    status: 405,
    title: 'The method is not allowed here',
    action: 'See the API page at /docs',
    temporary: false
  },
  request_timeout: {
    status: 408,
    title: 'The request took too long to arrive',
    action: 'Send it again',
    temporary: true
  },
  name_taken: { status: 409, title: 'You have one with this name', action: 'Choose another name', temporary: false },
  watchlist_in_use: {
    status: 409,
    title: 'Saved filters look in this watchlist',
    action: 'Delete or change the named filters first',
    temporary: false
  },
  version_mismatch: {
    status: 412,
    title: 'It was changed meanwhile',
    action: 'Read it again, then repeat with its ETag',
    temporary: false
  },
  payload_too_large: { status: 413, title: 'The body is too large', action: 'Send less', temporary: false },
  url_too_long: { status: 414, title: 'The URL is too long', action: 'Ask for less at once', temporary: false },
  unsupported_media_type: {
    status: 415,
    title: 'The media type is not supported',
    action: 'Send application/json',
    temporary: false
  },
  limit_reached: {
    status: 422,
    title: 'A limit is reached',
    action: 'Delete what you no longer need',
    temporary: false
  },
  idempotency_key_reused: {
    status: 422,
    title: 'The Idempotency-Key was used for something else',
    action: 'Take a new key for a new creation',
    temporary: false
  },
  too_many_requests: {
    status: 429,
    title: 'Too many requests',
    action: 'Slow down, and try again after Retry-After',
    temporary: true
  },
  headers_too_large: {
    status: 431,
    title: 'The headers are too large',
    action: 'Send fewer or shorter headers',
    temporary: false
  },
  internal_error: {
    status: 500,
    title: 'Something went wrong here',
    action: 'Try again; if it stays, report the request id',
    temporary: true
  },
  not_ready: { status: 503, title: 'Not ready yet', action: 'Try again shortly', temporary: true },
  database_unavailable: {
    status: 503,
    title: 'The database does not answer',
    action: 'Try again shortly',
    temporary: true
  },
  patterns_unavailable: {
    status: 503,
    title: 'Live patterns cannot be read',
    action: 'Try again shortly, or subscribe without a snapshot',
    temporary: true
  },
  universe_unavailable: {
    status: 503,
    title: 'Watchlists, saved filters or sectors cannot be read',
    action: 'Try again shortly, or name the symbols',
    temporary: true
  },
  log_unavailable: { status: 503, title: 'The event log does not answer', action: 'Try again shortly', temporary: true }
} as const satisfies Record<string, ProblemKind>

interface ProblemKind {
  readonly status: number
  readonly title: string
  readonly action: string
  readonly temporary: boolean
}

export type ProblemCode = keyof typeof PROBLEMS

/** Whether a code that came from elsewhere is of this catalogue. */
export const isProblemCode = (code: string): code is ProblemCode => Object.hasOwn(PROBLEMS, code)

/** A field that was refused, and what was expected of it. */
export const FieldError = Type.Object(
  {
    field: Type.String({ description: 'Where: query.confidence_min, body.symbols.3 …' }),
    expected: Type.String({ description: 'What would have been accepted' })
  },
  { additionalProperties: false }
)

export type FieldError = Static<typeof FieldError>

/** RFC 9457 problem details, media type application/problem+json. */
export const Problem = Type.Object({
  type: Type.String({ description: 'urn:tickstock:problem:<code>' }),
  code: Type.String(),
  status: Type.Integer(),
  title: Type.String(),
  detail: Type.String(),
  action: Type.String(),
  temporary: Type.Boolean(),
  request_id: Type.String(),
  errors: Type.Optional(Type.Array(FieldError)),
  current: Type.Optional(Type.Unknown({ description: 'What is there now, where a change was made for something else' }))
})

export type Problem = Static<typeof Problem>

export const PROBLEM_MEDIA_TYPE = 'application/problem+json'

/** Thrown anywhere, answered in one place. `detail` is shown to the caller: it holds no secret. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError'
  readonly code: ProblemCode
  readonly errors: readonly FieldError[]
  /** What the caller would read now, where his change met another state. */
  readonly current: unknown

  constructor(
    code: ProblemCode,
    detail: string,
    options: { readonly errors?: readonly FieldError[]; readonly current?: unknown; readonly cause?: unknown } = {}
  ) {
    super(detail, options.cause === undefined ? {} : { cause: options.cause })
    this.code = code
    this.errors = options.errors ?? []
    this.current = options.current
  }
}

/** Throws a {@link ProblemError}; an expression, so it can stand behind `??`. */
export function raise(code: ProblemCode, detail: string, errors?: readonly FieldError[]): never {
  throw new ProblemError(code, detail, errors ? { errors } : {})
}
