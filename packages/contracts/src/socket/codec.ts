import type { Static, TSchema } from '@sinclair/typebox'
import { type Check, checkOf } from '../check.ts'
import { ClientMessage } from './client-messages.ts'
import { ServerMessage } from './server-messages.ts'

/** A frame is not what the protocol allows. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
}

type Typed = { readonly type: string }
const hasType = (value: unknown): value is Typed =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'

type MessageSchema = TSchema & { readonly properties: { readonly type: { readonly const: string } } }

/** Decodes frames of one side: a JSON message, or an array of them. */
class FrameDecoder<Member extends MessageSchema> {
  readonly #checks = new Map<string, Check<Member>>()

  constructor({ anyOf }: { readonly anyOf: readonly Member[] }) {
    for (const member of anyOf) this.#checks.set(member.properties.type.const, checkOf(member))
  }

  /**
   * Messages of an unknown `type` are left out: a newer peer may speak of things this release does not know.
   *
   * @throws ProtocolError naming the field that is wrong
   */
  decode(text: string): Static<Member>[] {
    const value = parse(text)
    const messages: Static<Member>[] = []
    for (const message of Array.isArray(value) ? value : [value]) {
      if (!hasType(message)) throw new ProtocolError('a message is an object with a "type"')
      const check = this.#checks.get(message.type)
      if (check === undefined) continue
      if (check.accepts(message)) messages.push(message)
      else refuse(message, check)
    }
    return messages
  }
}

function refuse(message: Typed, check: Check<TSchema>): never {
  const first = check.fault(message)
  throw new ProtocolError(`${message.type}${first?.path.replaceAll('/', '.') ?? ''}: ${first?.message ?? 'not valid'}`)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new ProtocolError('a frame is JSON text')
  }
}

// Whoever bundles for one side takes the decoder of that side alone.
const clientFrames = /* @__PURE__ */ new FrameDecoder(ClientMessage)
const serverFrames = /* @__PURE__ */ new FrameDecoder(ServerMessage)

/** Decodes what a client sent. @throws ProtocolError */
export const decodeClientFrame = (text: string): ClientMessage[] => clientFrames.decode(text)

/** Decodes what a server sent. @throws ProtocolError */
export const decodeServerFrame = (text: string): ServerMessage[] => serverFrames.decode(text)
