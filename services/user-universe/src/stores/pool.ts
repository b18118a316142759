import type { Logger } from '@tickstock/service-kit'
import pg from 'pg'

/** How long Postgres may keep us waiting, ms. A dropdown that takes longer is of no use to anyone. */
export const PATIENCE = {
  /** For a connection: a new one, or one that another request gives back. */
  connection: 1_000,
  /** For one statement; Postgres itself ends it then. Every one of ours takes a few ms. */
  statement: 2_000,
  /** For the turn among one user's writes in this process. */
  turn: 3_000,
  /** For a lock, of which the longest is held for one insert. */
  lock: 1_500,
  /** For all that one request does on a connection. Beyond it the server is mute, and the connection is given up. */
  lease: 4_000
} as const

export interface PoolOptions {
  readonly url: string
  readonly name: string
  readonly size: number
  readonly readOnly: boolean
  readonly logger: Logger
}

/** Connections that never make a caller wait for ever, and that are replaced when they break. */
export function createPool({ url, name, size, readOnly, logger }: PoolOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: name,
    max: size,
    connectionTimeoutMillis: PATIENCE.connection,
    statement_timeout: PATIENCE.statement,
    lock_timeout: PATIENCE.lock,
    idle_in_transaction_session_timeout: PATIENCE.lease,
    keepAlive: true,
    ...(readOnly && { options: '-c default_transaction_read_only=on' })
  })
  // One that breaks between two statements of a transaction tells that by an event, which would end the process; the next statement then fails.
  pool.on('connect', client =>
    client.on('error', error => logger.debug({ err: error, pool: name }, 'a connection broke'))
  )
  pool.on('error', error => logger.warn({ err: error, pool: name }, 'an idle connection broke'))
  giveUpMute(pool, name, logger)
  return pool
}

/**
 * Ends a connection that one request holds for too long. Postgres' own time-outs do not reach us when the network or
 * the whole server is mute, and pg would give such a connection back to the pool, for the next request to hang on.
 */
function giveUpMute(pool: pg.Pool, name: string, logger: Logger): void {
  const leases = new Map<pg.PoolClient, NodeJS.Timeout>()
  pool.on('acquire', client => {
    const giveUp = () => {
      logger.warn({ pool: name, ms: PATIENCE.lease }, 'a connection is mute: given up')
      client.end().catch(error => logger.warn({ err: error, pool: name }, 'a mute connection could not be ended'))
    }
    leases.set(client, setTimeout(giveUp, PATIENCE.lease))
  })
  pool.on('release', (_error, client) => {
    clearTimeout(leases.get(client))
    leases.delete(client)
  })
}
