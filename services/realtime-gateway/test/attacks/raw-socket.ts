import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { SOCKET_PATH, SUBPROTOCOL } from '@tickstock/contracts'
import type { Teardown } from '@tickstock/test-kit'
import { OPCODES, takeFrames } from './wire.ts'

/** How a connection ended: by the code of a close frame, or without one. */
export type End = number | 'cut'

/** A connection that keeps no rule: what is written goes out as it is, and nothing is answered. */
export interface RawSocket {
  readonly stream: Socket
  /** Status of the answer to the upgrade; resolves to `cut` where there is none. */
  readonly answered: Promise<number | 'cut'>
  /** The first close frame, or the end of what comes. */
  readonly ended: Promise<End>
  /** The connection is gone; one that is stubborn and silent never knows. */
  readonly gone: Promise<void>
  /** Texts of the frames so far. */
  readonly texts: readonly string[]
  /** Pongs of the protocol so far. */
  readonly pongs: () => number
}

export interface RawOptions {
  readonly port: number
  /** The address that it comes from: any of 127.0.0.0/8. */
  readonly from?: string
  /** Goes on when the other side has ended. */
  readonly stubborn?: boolean
}

export const upgradeOf = (headers: Readonly<Record<string, string>> = {}, path: string = SOCKET_PATH): string =>
  [
    `GET ${path} HTTP/1.1`,
    ...Object.entries({
      Host: 'gateway.test',
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'Sec-WebSocket-Protocol': SUBPROTOCOL,
      ...headers
    }).map(([name, value]) => `${name}: ${value}`),
    '\r\n'
  ].join('\r\n')

/** Connects, and says nothing. */
export async function connectRaw(t: Teardown, { port, from, stubborn = false }: RawOptions): Promise<RawSocket> {
  const stream = connect({
    host: '127.0.0.1',
    port,
    allowHalfOpen: stubborn,
    ...(from !== undefined && { localAddress: from })
  })
  t.teardown(() => stream.destroy())
  const answered = Promise.withResolvers<number | 'cut'>()
  const ended = Promise.withResolvers<End>()
  const gone = Promise.withResolvers<void>()
  const texts: string[] = []
  let isUpgraded = false
  let pongs = 0
  let rest: Buffer = Buffer.alloc(0)

  stream.on('data', chunk => {
    rest = Buffer.concat([rest, chunk])
    if (!isUpgraded) takeHead()
    if (isUpgraded) takeAll()
  })
  // A peer that cuts is what most of these tests are about: `close` follows.
  stream.on('error', () => stream.destroy())
  stream.on('end', () => ended.resolve('cut'))
  stream.on('close', () => {
    answered.resolve('cut')
    ended.resolve('cut')
    gone.resolve()
  })

  function takeHead() {
    const end = rest.indexOf('\r\n\r\n')
    if (end < 0) return
    const status = Number(rest.subarray(9, 12).toString())
    rest = rest.subarray(end + 4)
    isUpgraded = status === 101
    answered.resolve(status)
  }
  function takeAll() {
    const taken = takeFrames(rest)
    rest = taken.rest
    for (const { opcode, payload } of taken.frames) {
      if (opcode === OPCODES.text) texts.push(payload.toString())
      if (opcode === OPCODES.pong) pongs++
      if (opcode === OPCODES.close) ended.resolve(payload.length >= 2 ? payload.readUInt16BE() : 1005)
    }
  }
  await Promise.race([once(stream, 'connect'), gone.promise])
  return { stream, answered: answered.promise, ended: ended.promise, gone: gone.promise, texts, pongs: () => pongs }
}

/** Connects and upgrades, and says nothing more. */
export async function upgradeRaw(
  t: Teardown,
  { headers, ...options }: RawOptions & { readonly headers?: Readonly<Record<string, string>> }
): Promise<RawSocket> {
  const raw = await connectRaw(t, options)
  raw.stream.write(upgradeOf(headers))
  const status = await raw.answered
  if (status !== 101) throw new Error(`the upgrade was answered with ${status}`)
  return raw
}
