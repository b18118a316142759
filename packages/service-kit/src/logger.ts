import { type DestinationStream, type Logger, pino } from 'pino'
import { redact } from './redaction.ts'

export type { Logger } from 'pino'

export interface LoggerOptions {
  readonly service: string
  readonly level: string
  /** Values that are taken out of every line, e.g. what `secretsOf(config)` names. */
  readonly secrets?: readonly string[]
  /** Default: standard output. */
  readonly destination?: DestinationStream
}

interface LoggedError {
  readonly type: string
  readonly message: string
  readonly code?: string
  readonly stack?: string
  readonly cause?: LoggedError
}

/** A JSON line each: `level`, `time` (ISO), `service`, `msg`, what the caller adds. Secrets are taken out of the finished line. */
export function createLogger({ service, level, secrets = [], destination }: LoggerOptions): Logger {
  const spellings = [...new Set(secrets.flatMap(secret => [secret, JSON.stringify(secret).slice(1, -1)]))]
  return pino(
    {
      level,
      base: { service },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: label => ({ level: label }) },
      serializers: { err: (error: unknown) => describeError(error), error: (error: unknown) => describeError(error) },
      hooks: { streamWrite: line => redact(line, spellings) }
    },
    // Written at once: what waits in a buffer at the exit comes out of order, and it is the line that says why.
    destination ?? pino.destination({ dest: 1, sync: true })
  )
}

/** Causes go no deeper: an error can be its own cause. */
const DEEPEST_CAUSE = 5

/** Only the fields that are known to be about the error: drivers hang commands, arguments and rows on theirs. */
function describeError(error: unknown, depth = 0): LoggedError {
  if (!(error instanceof Error)) return { type: typeof error, message: String(error) }
  return {
    type: error.name,
    message: error.message,
    ...('code' in error && { code: String(error.code) }),
    ...(error.stack !== undefined && { stack: error.stack }),
    ...(error.cause !== undefined && depth < DEEPEST_CAUSE && { cause: describeError(error.cause, depth + 1) })
  }
}
