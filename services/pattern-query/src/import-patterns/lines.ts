export interface Line {
  /** Counted from 1. */
  readonly number: number
  readonly bytes: Buffer
}

const NEWLINE = 10
const CARRIAGE_RETURN = 13

/**
 * Lines of a stream, without what ends them; empty ones are left out. Of a line longer than `longest` bytes come as many and one more, so that
 * memory is bounded whatever is read, and whoever takes it sees that it is too long.
 */
export async function* linesOf(chunks: AsyncIterable<Buffer>, longest: number): AsyncGenerator<Line> {
  let number = 1
  let parts: Buffer[] = []
  let length = 0
  const keep = (part: Buffer) => {
    const room = part.subarray(0, Math.max(0, longest + 1 - length))
    if (room.length > 0) parts.push(room)
    length += room.length
  }
  const take = (): Line => {
    const bytes = Buffer.concat(parts)
    parts = []
    length = 0
    const end = bytes.at(-1) === CARRIAGE_RETURN ? -1 : undefined
    return { number: number++, bytes: bytes.subarray(0, end) }
  }
  for await (const chunk of chunks) {
    let from = 0
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      keep(chunk.subarray(from, end))
      from = end + 1
      const line = take()
      if (!isBlank(line)) yield line
    }
    keep(chunk.subarray(from))
  }
  const last = take()
  if (!isBlank(last)) yield last
}

const isBlank = ({ bytes }: Line): boolean => bytes.every(byte => byte === 0x20 || byte === 0x09)
