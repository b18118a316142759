import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** A Redis command as it goes over the wire. */
export function encoded(args: readonly (string | number)[]): string {
  return `*${args.length}\r\n${args.map(arg => `$${Buffer.byteLength(`${arg}`)}\r\n${arg}\r\n`).join('')}`
}

const CHUNK = 64 * 1024

/**
 * Sends commands that were encoded beforehand, as fast as Redis takes them, and counts the replies: what it costs the sender is a few
 * writes, so that nearly all of the machine is left to what is measured.
 *
 * @param lines of all replies together
 * @throws for the first error reply
 */
export async function blast(redisUrl: string, commands: readonly string[], lines: number): Promise<void> {
  const { hostname, port } = new URL(redisUrl)
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  const answered = replies(socket, lines)
  const bytes = Buffer.from(commands.join(''))
  for (let at = 0; at < bytes.length; at += CHUNK) {
    if (!socket.write(bytes.subarray(at, at + CHUNK))) await once(socket, 'drain')
  }
  await answered
  socket.destroy()
}

function replies(socket: Socket, expected: number): Promise<void> {
  let seen = 0
  return new Promise((resolve, reject) => {
    socket.on('error', reject)
    socket.on('data', (chunk: Buffer) => {
      const error = chunk.indexOf('\r\n-')
      if (error >= 0) reject(new Error(chunk.toString('latin1', error, error + 200).trim()))
      for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) seen++
      if (seen >= expected) resolve()
    })
  })
}
