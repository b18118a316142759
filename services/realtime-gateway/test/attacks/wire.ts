import { randomBytes } from 'node:crypto'

export const OPCODES = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

export interface FrameOptions {
  readonly opcode?: number
  /** Default: true. */
  readonly final?: boolean
  /** The three reserved bits, 0 to 7. */
  readonly reserved?: number
  /** Default: true, as clients have to. */
  readonly masked?: boolean
  /** The length that the frame says it has. Default: its own. */
  readonly claims?: bigint
}

/** A frame of RFC 6455 by hand, right or wrong. */
export function frameOf(payload: string | Buffer, options: FrameOptions = {}): Buffer {
  const { opcode = OPCODES.text, final = true, reserved = 0, masked = true, claims } = options
  const data = Buffer.from(payload)
  const first = Buffer.from([(final ? 0x80 : 0) | (reserved << 4) | opcode])
  const length = lengthOf(claims ?? BigInt(data.length), masked ? 0x80 : 0)
  if (!masked) return Buffer.concat([first, length, data])
  const mask = randomBytes(4)
  return Buffer.concat([first, length, mask, data.map((byte, at) => byte ^ mask.readUInt8(at % 4))])
}

function lengthOf(length: bigint, flag: number): Buffer {
  if (length < 126n) return Buffer.from([flag | Number(length)])
  const isShort = length < 65_536n
  const field = Buffer.alloc(isShort ? 3 : 9)
  field.writeUInt8(flag | (isShort ? 126 : 127))
  if (isShort) field.writeUInt16BE(Number(length), 1)
  else field.writeBigUInt64BE(length, 1)
  return field
}

export interface ServerFrame {
  readonly opcode: number
  readonly payload: Buffer
}

/** Cuts what a server sends into its frames; what is left over is part of the next. */
export function takeFrames(bytes: Buffer): { readonly frames: ServerFrame[]; readonly rest: Buffer } {
  const frames: ServerFrame[] = []
  let rest = bytes
  for (;;) {
    const head = headOf(rest)
    if (head === undefined || rest.length < head.from + head.length) return { frames, rest }
    frames.push({ opcode: rest.readUInt8() & 15, payload: rest.subarray(head.from, head.from + head.length) })
    rest = rest.subarray(head.from + head.length)
  }
}

function headOf(bytes: Buffer): { readonly from: number; readonly length: number } | undefined {
  if (bytes.length < 2) return undefined
  const short = bytes.readUInt8(1) & 127
  if (short < 126) return { from: 2, length: short }
  const from = short === 126 ? 4 : 10
  if (bytes.length < from) return undefined
  return { from, length: short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2)) }
}
