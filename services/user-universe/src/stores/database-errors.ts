import { ProblemError } from '@tickstock/contracts'
import pg from 'pg'

/** SQLSTATEs that say "not now": resources, shutdown, a time-out, a lock or a serialisation that another transaction won. */
const TEMPORARY = new Set([
  '25006', // read-only: a standby that the writer was led to during a failover
  '40001',
  '40P01',
  '53300',
  '53400',
  '55P03',
  '57014',
  '57P01',
  '57P02',
  '57P03',
  '57P05',
  '25P03'
])

const CONNECTION_CLASS = '08'
const AUTHORISATION_CLASS = '28'

const SYSTEM_ERRORS = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH'
])

/** How pg tells of a connection that is gone or never came: by message alone. */
const PG_MESSAGES =
  /^(connection terminated|timeout exceeded when trying to connect|client (was closed|has encountered))/i

/** An error of the database as the caller sees it: `database_unavailable` where trying again may help, else itself. */
export function databaseProblem(error: unknown): unknown {
  return isUnavailable(error)
    ? new ProblemError('database_unavailable', 'Postgres did not answer in time', { cause: error })
    : error
}

function isUnavailable(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isUnavailable)
  if (error instanceof pg.DatabaseError) {
    const code = error.code ?? ''
    return TEMPORARY.has(code) || code.startsWith(CONNECTION_CLASS) || code.startsWith(AUTHORISATION_CLASS)
  }
  if (!(error instanceof Error)) return false
  return PG_MESSAGES.test(error.message) || ('code' in error && SYSTEM_ERRORS.has(String(error.code)))
}

/** Whether an error says that the named unique index already has the value. */
export const isDuplicate = (error: unknown, index: string): boolean =>
  error instanceof pg.DatabaseError && error.code === '23505' && error.constraint === index

/** Whether an error says that what the named foreign key refers to is not there. */
export const isDangling = (error: unknown, key: string): boolean =>
  error instanceof pg.DatabaseError && error.code === '23503' && error.constraint === key
