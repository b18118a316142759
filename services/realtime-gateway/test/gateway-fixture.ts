import {
  type Channel,
  decodeServerFrame,
  type PatternEvent,
  type ServerMessage,
  SUBPROTOCOL
} from '@tickstock/contracts'
import { LogWriter } from '@tickstock/event-log'
import { openSocket, startRedis, startService, type Teardown, type TestSocket } from '@tickstock/test-kit'
import { Redis } from 'ioredis'
import { eventOf, type Say } from './domain/fixtures.ts'

export const SECRET = 'a secret that is long enough for tests 123'

export type Socket = TestSocket<ServerMessage>

/** What `next` needs to wait for one kind of message. */
export const a =
  <Type extends ServerMessage['type']>(type: Type) =>
  (message: ServerMessage): message is Extract<ServerMessage, { type: Type }> =>
    message.type === type

/** A Redis with a writer of each channel's log. */
export async function startLog(t: Teardown) {
  const server = await startRedis(t)
  const redis = new Redis(server.url)
  t.teardown(() => redis.disconnect())
  const writers = new Map<Channel, LogWriter>()
  let count = 0

  const append = async (say: Say = {}): Promise<number> => {
    const { channel = 'daily' } = say
    const writer = writers.get(channel) ?? new LogWriter({ redis, channel })
    writers.set(channel, writer)
    const event: PatternEvent = eventOf(++count, say)
    const appended = await writer.append({ ...event, id: `event-${count}-${Math.random()}` })
    if (appended.result !== 'appended') throw new Error('a duplicate')
    return appended.position.offset
  }
  /** @returns the offset of the last */
  const appendMany = async (many: number, say: (at: number) => Say = () => ({})): Promise<number> => {
    const offsets = await Promise.all(Array.from({ length: many }, (_, at) => append(say(at))))
    return Math.max(...offsets)
  }
  return { server, redis, append, appendMany, forget: () => writers.clear() }
}

/** From its source, so that what its routes and feeds do counts as covered. */
export const startGateway = (t: Teardown, redisUrl: string, env: Record<string, string> = {}, port?: number) =>
  startService(t, {
    service: 'realtime-gateway',
    fromSource: true,
    ...(port !== undefined && { port }),
    env: { REDIS_URL: redisUrl, AUTH_MODE: 'development', AUTH_SECRET: SECRET, SHUTDOWN_MS: '2000', ...env }
  })

export const socketUrl = ({ port }: { readonly port: number }): string => `ws://127.0.0.1:${port}/ws`

/** A socket that has been welcomed. */
export async function connect(t: Teardown, gateway: { readonly port: number }, auth: object = {}): Promise<Socket> {
  const socket = await openSocket(t, socketUrl(gateway), { protocols: [SUBPROTOCOL], decode: decodeServerFrame })
  socket.send({ type: 'auth', ...auth })
  await socket.next(a('welcome'))
  return socket
}

export async function subscribe(socket: Socket, message: object = {}) {
  socket.send({ type: 'subscribe', id: 's', channel: 'daily', from: 'now', ...message })
  return socket.next(a('subscribed'))
}

/** Offsets of all events that a socket has received. */
export const offsetsOf = (socket: Socket): number[] => socket.received.filter(a('event')).map(({ offset }) => offset)

/** 1, 2, 3 … */
export const upTo = (last: number, from = 1): number[] => Array.from({ length: last - from + 1 }, (_, at) => from + at)
