import { STATUS_CODES } from 'node:http'
import {
  type FieldError,
  PROBLEM_MEDIA_TYPE,
  PROBLEMS,
  type Problem,
  type ProblemCode,
  ProblemError
} from '@tickstock/contracts'
import type { FastifyReply, FastifyRequest, FastifySchemaValidationError } from 'fastify'
import { fieldErrors } from './expectation.ts'

/** The problem document of a refusal. */
function problemOf(error: ProblemError, requestId: string): Problem {
  const { status, title, action, temporary } = PROBLEMS[error.code]
  return {
    type: `urn:tickstock:problem:${error.code}`,
    code: error.code,
    status,
    title,
    detail: error.message,
    action,
    temporary,
    request_id: requestId,
    ...(error.errors.length > 0 && { errors: [...error.errors] }),
    ...(error.current !== undefined && { current: error.current })
  }
}

/**
 * Answers whatever was thrown. It is written out here and not by the route's reply schema: a status may have another
 * schema there (a 503 of a health check), and a problem must come out whole even so.
 */
export function replyWithProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const refusal = refusalOf(error)
  const problem = problemOf(refusal, request.id)
  // What passes by itself (503) is a warning; the rest is for somebody to look at.
  if (problem.status >= 500) {
    const level = refusal.code === 'internal_error' ? 'error' : 'warn'
    request.log[level]({ err: error, code: problem.code }, 'request failed')
  }

  return reply
    .code(problem.status)
    .header('cache-control', 'no-store')
    .headers(headersOf(refusal.code, reply))
    .type(PROBLEM_MEDIA_TYPE)
    .send(JSON.stringify(problem))
}

/** For what never became a request, or is not to become one: the answer is written on the socket itself. @param headers besides those of every such answer */
export function rawProblem(
  error: ProblemError,
  requestId: string,
  headers: Readonly<Record<string, string>> = {}
): string {
  const problem = problemOf(error, requestId)
  const body = JSON.stringify(problem)
  return [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}`,
    `content-type: ${PROBLEM_MEDIA_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    '',
    body
  ].join('\r\n')
}

/** What Fastify itself refuses, by its code. The rest of what it calls a client's fault is `invalid_request`. */
const FRAMEWORK: Readonly<Record<string, readonly [ProblemCode, string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['payload_too_large', 'The body is larger than this route takes'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['unsupported_media_type', 'The body is not application/json'],
  FST_ERR_CTP_INVALID_JSON_BODY: ['invalid_request', 'The body is not JSON'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['invalid_request', 'The body is not as long as Content-Length says'],
  FST_ERR_BAD_URL: ['invalid_request', 'The path is not a valid URL component'],
  FST_ERR_MAX_PARAM_LENGTH: ['url_too_long', 'A part of the path is too long']
}

const PARTS: Readonly<Record<string, string>> = {
  querystring: 'query',
  params: 'path',
  headers: 'header',
  body: 'body'
}

/** What a schema refused, as the problem that goes out. */
export function invalidRequest(errors: readonly FastifySchemaValidationError[], part: string): ProblemError {
  const faults = fieldErrors(errors, PARTS[part] ?? part)
  return new ProblemError('invalid_request', faults.map(explain).join('; '), { errors: faults })
}

const explain = ({ field, expected }: FieldError): string => `${field}: expected ${expected}`

function refusalOf(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error
  // Only Fastify's own codes are taken at their word: a driver's error may carry a statusCode of 4xx too.
  const framework = error instanceof Error && 'code' in error ? FRAMEWORK[String(error.code)] : undefined
  if (framework) return new ProblemError(...framework)
  return new ProblemError('internal_error', 'The request could not be answered; the log has it by its id')
}

/** When to come again where that is not known better, s. */
const COME_AGAIN = '1'

function headersOf(code: ProblemCode, reply: FastifyReply): Record<string, string> {
  if (code === 'unauthenticated') return { 'www-authenticate': 'Bearer' }
  const { status } = PROBLEMS[code]
  const later = (status === 429 || status === 503) && !reply.hasHeader('retry-after')
  return later ? { 'retry-after': COME_AGAIN } : {}
}
