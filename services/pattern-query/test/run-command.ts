import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** A command of this service as a process of its own, with its output and exit code. */
export async function runProgram(name: string, args: readonly string[], input: string | Buffer = ''): Promise<Ended> {
  const program = fileURLToPath(new URL(`../src/${name}.ts`, import.meta.url))
  const child = spawn(process.execPath, ['--conditions=@tickstock/source', program, ...args])
  let out = ''
  let err = ''
  child.stdout.on('data', data => {
    out += data
  })
  child.stderr.on('data', data => {
    err += data
  })
  child.stdin.end(input)
  const [code] = await once(child, 'close')
  return { code, out, err }
}
