import { Type } from '@sinclair/typebox'
import { Problem } from '../problems.ts'
import type { Route } from '../route.ts'
import { SOCKET_PATH, SUBPROTOCOL } from '../socket/protocol.ts'

/** Where a WebSocket is opened. A plain request is told so. */
export const openSocket = {
  method: 'GET',
  url: SOCKET_PATH,
  schema: {
    summary: `WebSocket, subprotocol ${SUBPROTOCOL}`,
    description: 'See PROTOCOL.md of the contracts: auth, subscribe, events with offset and previous, heartbeat.',
    tags: ['live'],
    response: { 101: Type.Null({ description: 'The WebSocket is open' }), 400: Problem, 403: Problem, 503: Problem }
  }
} as const satisfies Route
