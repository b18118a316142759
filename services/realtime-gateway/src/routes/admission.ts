import { raise, SUBPROTOCOL } from '@tickstock/contracts'
import type { FastifyRequest } from 'fastify'

/**
 * Which pages may connect. Browsers send their page's origin with every WebSocket and no page can forge it, so this keeps other sites from
 * using a visitor's network position. Clients that are no browser send none, and are let in.
 *
 * @param allowed comma-separated origins; empty means the host that is asked
 */
export function originCheck(allowed: string): (request: FastifyRequest) => void {
  const origins = new Set(
    allowed
      .split(',')
      .map(origin => origin.trim().toLowerCase())
      .filter(Boolean)
  )

  return ({ headers: { origin, host } }) => {
    if (origin === undefined) return
    const known = origins.size > 0 ? origins.has(origin.toLowerCase()) : hostOf(origin) === host?.toLowerCase()
    if (!known) raise('forbidden', 'Pages of this origin may not connect')
  }
}

const hostOf = (origin: string): string | undefined => (URL.canParse(origin) ? new URL(origin).host : undefined)

/** A client that offers subprotocols must offer ours; a browser would else fail in a way that nobody can read. */
export function checkSubprotocol({ headers }: FastifyRequest): void {
  const offered = headers['sec-websocket-protocol']
  if (offered === undefined) return
  if (!offered.split(',').some(name => name.trim() === SUBPROTOCOL)) {
    raise('invalid_request', `Sec-WebSocket-Protocol: expected ${SUBPROTOCOL}`)
  }
}
