import type { TSchema } from '@sinclair/typebox'
import { ClientMessage, ServerMessage, SOCKET_PATH, SUBPROTOCOL } from '@tickstock/contracts'

type MessageSchema = (typeof ClientMessage | typeof ServerMessage)['anyOf'][number]

/** The WebSocket as an AsyncAPI 3.0 document: the messages of PROTOCOL.md, by the schemas that both sides hold them to. */
export function asyncApiDocument(): Record<string, unknown> {
  const messages = [...ClientMessage.anyOf, ...ServerMessage.anyOf]
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'TickStock live patterns',
      version: '1',
      description: `Subprotocol ${SUBPROTOCOL}. Frames are JSON text: one message, or an array of messages in order. What they mean stands in PROTOCOL.md.`,
      license: { name: 'MIT' }
    },
    defaultContentType: 'application/json',
    servers: { gateway: { host: 'localhost', protocol: 'wss' } },
    channels: {
      live: {
        address: SOCKET_PATH,
        bindings: { ws: { method: 'GET' } },
        messages: Object.fromEntries(
          messages.map(message => [nameOf(message), { $ref: `#/components/messages/${nameOf(message)}` }])
        )
      }
    },
    operations: {
      // As a client sees it: it sends what the server receives.
      send: operation('send', ClientMessage.anyOf),
      receive: operation('receive', ServerMessage.anyOf)
    },
    components: {
      messages: Object.fromEntries(
        messages.map(message => [nameOf(message), { name: nameOf(message), payload: plain(message) }])
      )
    }
  }
}

const operation = (action: 'send' | 'receive', messages: readonly MessageSchema[]) => ({
  action,
  channel: { $ref: '#/channels/live' },
  messages: messages.map(message => ({ $ref: `#/channels/live/messages/${nameOf(message)}` }))
})

const nameOf = (message: MessageSchema): string => message.properties.type.const

/** Without what TypeBox keeps under symbols for itself. */
const plain = (schema: TSchema): unknown => JSON.parse(JSON.stringify(schema))
