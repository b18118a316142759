import { createWriteStream } from 'node:fs'
import { join } from 'node:path'

/** Where a component's lines go: one file for each, begun anew by each start of the system. */
export function logFile(logsDir: string, name: string): (line: string) => void {
  const stream = createWriteStream(join(logsDir, `${name}.log`), { mode: 0o600 })
  // A full disk must not stop the market: the line is lost, and the system goes on.
  stream.on('error', error => console.error(`${name}.log cannot be written: ${error.message}`))
  return line => stream.write(`${line}\n`)
}
