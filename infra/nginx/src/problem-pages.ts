import { PROBLEM_MEDIA_TYPE, PROBLEMS, type Problem, type ProblemCode } from '@tickstock/contracts'

interface RefusalByNginx {
  /** Statuses that nginx makes; 494 is its own for headers that are too large. */
  readonly when: readonly number[]
  readonly code: ProblemCode
  readonly detail: string
}

/** What nginx refuses by itself, as problems of the catalogue. */
const REFUSALS: readonly RefusalByNginx[] = [
  {
    when: [400, 501, 505],
    code: 'invalid_request',
    detail: 'This is no HTTP request, or one that can be read in two ways'
  },
  { when: [403, 405], code: 'method_not_allowed', detail: 'Pages can only be read' },
  { when: [404], code: 'route_not_found', detail: 'Nothing is served at this path' },
  { when: [408], code: 'request_timeout', detail: 'The request did not arrive in time' },
  { when: [413], code: 'payload_too_large', detail: 'A body may have 64 kB, the file of an import 2 MB' },
  { when: [414], code: 'url_too_long', detail: 'A URL may have 16 kB' },
  { when: [429], code: 'too_many_requests', detail: 'Too many requests or connections from this address' },
  { when: [494], code: 'headers_too_large', detail: 'A header may have 16 kB' },
  { when: [500, 502, 503, 504], code: 'not_ready', detail: 'The service behind this path does not answer' }
]

/** A path, since a request that cannot be parsed has none, and nginx then leads it to no named location. */
const pathOf = (code: ProblemCode) => `/.problem/${code}`

/** `error_page` directives. */
export const errorPages = (): string[] =>
  REFUSALS.map(({ when, code }) => `error_page ${when.join(' ')} =${PROBLEMS[code].status} ${pathOf(code)};`)

/** The locations they lead to: problem details as every service sends them. */
export const problemLocations = (): string[] => REFUSALS.flatMap(({ code, detail }) => location(code, detail))

function location(code: ProblemCode, detail: string): string[] {
  const { status, title, action, temporary } = PROBLEMS[code]
  const problem: Problem = {
    type: `urn:tickstock:problem:${code}`,
    code,
    status,
    title,
    detail,
    action,
    temporary,
    request_id: '$safe_request_id'
  }
  return [
    `location = ${pathOf(code)} {`,
    '  internal;',
    `  default_type ${PROBLEM_MEDIA_TYPE};`,
    '  add_header X-Request-Id $safe_request_id always;',
    '  add_header X-Content-Type-Options nosniff always;',
    ...(temporary ? ['  add_header Retry-After 1 always;'] : []),
    `  return ${status} '${JSON.stringify(problem).replaceAll("'", "\\'")}';`,
    '}'
  ]
}
