import websocket from '@fastify/websocket'
import { openSocket, raise, SOCKET_LIMITS, SUBPROTOCOL } from '@tickstock/contracts'
import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { WebSocket } from 'ws'
import type { Authenticator } from '../authenticate.ts'
import { Session, type SessionContext } from '../domain/session.ts'
import type { Sessions } from '../domain/sessions.ts'
import { checkSubprotocol, originCheck } from './admission.ts'
import { drain } from './drain.ts'
import { SocketOutlet } from './socket-outlet.ts'

export interface SocketOptions {
  readonly sessions: Sessions
  readonly context: Omit<SessionContext, 'authenticate' | 'welcomed'>
  readonly authenticate: Authenticator
  readonly allowedOrigins: string
  /** Time over which sockets are closed when the server is, ms. */
  readonly drainMs: number
}

/** Beyond this `ws` itself cuts the socket (1009) before it has read the message; up to it the client is told 4003. */
const PAYLOAD_BOUND = 4 * SOCKET_LIMITS.messageBytes

/** Looks at each session so often in a heartbeat. */
const SWEEPS = 20

/** `/ws`: upgrades, and hands frames to sessions. */
const plugin: FastifyPluginAsync<SocketOptions> = async (
  app,
  { sessions, context, authenticate, allowedOrigins, drainMs }
) => {
  const checkOrigin = originCheck(allowedOrigins)
  let draining = false

  await app.register(websocket, {
    options: {
      maxPayload: PAYLOAD_BOUND,
      // Compression would cost a context of some 300 KB a socket, and every client its own copy of a frame that all share.
      perMessageDeflate: false,
      handleProtocols: protocols => protocols.has(SUBPROTOCOL) && SUBPROTOCOL
    },
    preClose: async () => {
      draining = true
      await drain(sessions, drainMs)
      for (const socket of app.websocketServer.clients) socket.terminate()
      app.websocketServer.close()
    }
  })

  const sweep = setInterval(() => {
    for (const session of sessions) session.tick()
  }, context.heartbeatMs / SWEEPS)
  app.addHook('onClose', () => clearInterval(sweep))

  app.route({
    ...openSocket,
    preValidation: async request => {
      if (draining) raise('not_ready', 'This instance is going')
      checkOrigin(request)
      checkSubprotocol(request)
    },
    handler: async () => raise('invalid_request', 'This is a WebSocket: send an upgrade'),
    wsHandler: (socket, request) =>
      attend(socket, request, sessions, {
        ...context,
        authenticate: auth => authenticate(auth, request),
        welcomed: () => undefined
      })
  })
}

export const socketRoutes = fp(plugin, { name: 'socket' })

function attend(socket: WebSocket, request: FastifyRequest, sessions: Sessions, context: SessionContext): void {
  const session = new Session(new SocketOutlet(socket, request.socket), context)
  socket.on('error', error => request.log.debug({ err: error }, 'socket error'))
  if (!sessions.admit(session, request.ip)) {
    session.close('too_many_connections', 'this instance or address has too many sockets')
    return
  }
  socket.on('message', (data, binary) => session.receive(bytesOf(data), binary))
  socket.on('pong', () => session.heard())
  socket.on('close', () => {
    session.gone()
    sessions.leave(session)
  })
}

const bytesOf = (data: Buffer | ArrayBuffer | Buffer[]): Buffer =>
  Array.isArray(data) ? Buffer.concat(data) : Buffer.isBuffer(data) ? data : Buffer.from(data)
