import websocket from '@fastify/websocket'
import { openSocket, raise, SOCKET_LIMITS, SUBPROTOCOL } from '@tickstock/contracts'
import { networkOf } from '@tickstock/service-kit'
import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { WebSocket } from 'ws'
import type { Authenticator } from '../authenticate.ts'
import type { Admission } from '../domain/admission.ts'
import { Session, type SessionContext } from '../domain/session.ts'
import type { Sessions } from '../domain/sessions.ts'
import { checkSubprotocol, originCheck } from './admission.ts'
import { drain, handOver } from './drain.ts'
import { LogAbsence } from './log-absence.ts'
import { SocketOutlet } from './socket-outlet.ts'
import { upgradeGate } from './upgrade-gate.ts'

export interface SocketOptions {
  readonly sessions: Sessions
  readonly admission: Admission
  readonly context: Omit<SessionContext, 'authenticate' | 'welcomed'>
  readonly authenticate: Authenticator
  readonly allowedOrigins: string
  readonly isLogAway: () => boolean
  /** Time over which clients are handed over when the server closes, or its log is away for long, ms. */
  readonly drainMs: number
}

/** What `ws` itself holds a socket to. */
const BOUNDS = {
  /** Bytes beyond which the socket is cut (1009) before it has read the message; up to it the client is told 4003. */
  maxPayload: 4 * SOCKET_LIMITS.messageBytes,
  /** Parts of a message, and pieces in which a frame arrives, beyond which the socket is cut (1008): each costs more than the bytes in it. */
  maxFragments: 1_024,
  maxBufferedChunks: 1_024,
  /** How long a peer that was told to go may take to go, ms. */
  closeTimeout: 5_000
}

/** Looks at each session so often in a heartbeat. */
const SWEEPS = 20

/** `/ws`: upgrades, and hands frames to sessions. */
const plugin: FastifyPluginAsync<SocketOptions> = async (
  app,
  { sessions, admission, context, authenticate, allowedOrigins, isLogAway, drainMs }
) => {
  const checkOrigin = originCheck(allowedOrigins)

  await app.register(websocket, {
    options: {
      server: upgradeGate(app.server, admission),
      ...BOUNDS,
      // A ping costs as much as a message, and counts as one.
      autoPong: false,
      // Compression would cost a context of some 300 KB a socket, and every client its own copy of a frame that all share.
      perMessageDeflate: false,
      handleProtocols: protocols => protocols.has(SUBPROTOCOL) && SUBPROTOCOL
    },
    preClose: async () => {
      admission.drain()
      await drain(sessions, { withinMs: drainMs })
      for (const socket of app.websocketServer.clients) socket.terminate()
      app.websocketServer.close()
    }
  })

  const absence = new LogAbsence({
    isLogAway,
    handOver: isOver => {
      app.log.warn({ connections: sessions.size }, 'the log is away for long: the clients are handed over')
      void handOver(sessions, { withinMs: drainMs, isOver })
    }
  })
  const sweep = setInterval(() => {
    absence.look(context.now())
    for (const session of sessions) session.tick()
  }, context.heartbeatMs / SWEEPS)
  app.addHook('onClose', () => clearInterval(sweep))

  app.route({
    ...openSocket,
    preValidation: async (request, reply) => {
      // An upgrade that is refused takes its connection with it.
      if (request.ws) reply.header('connection', 'close')
      checkOrigin(request)
      checkSubprotocol(request)
      const crowded = admission.refusalOf(networkOf(request.ip))
      if (crowded === undefined) return
      reply.header('retry-after', admission.comeAgain())
      raise('too_many_requests', crowded)
    },
    handler: async () => raise('invalid_request', 'This is a WebSocket: send an upgrade'),
    wsHandler: (socket, request) => attend(socket, request, sessions, context, auth => authenticate(auth, request))
  })
}

export const socketRoutes = fp(plugin, { name: 'socket' })

function attend(
  socket: WebSocket,
  request: FastifyRequest,
  sessions: Sessions,
  context: SocketOptions['context'],
  authenticate: SessionContext['authenticate']
): void {
  const welcomed = () => sessions.welcome(session)
  const session = new Session(new SocketOutlet(socket, request.socket), { ...context, authenticate, welcomed })
  socket.on('error', error => request.log.debug({ err: error }, 'socket error'))
  if (!sessions.admit(session, networkOf(request.ip), context.now())) {
    session.close('too_many_connections', 'this instance or address has too many sockets')
    return
  }
  socket.on('message', (data, binary) => session.receive(bytesOf(data), binary))
  socket.on('ping', data => {
    if (session.pinged()) socket.pong(data)
  })
  socket.on('pong', data => session.ponged(data.toString()))
  socket.on('close', () => {
    session.gone()
    sessions.leave(session)
  })
}

const bytesOf = (data: Buffer | ArrayBuffer | Buffer[]): Buffer =>
  Array.isArray(data) ? Buffer.concat(data) : Buffer.isBuffer(data) ? data : Buffer.from(data)
