import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface, type Interface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Cleanup } from './cleanup.ts'

/** A program of this folder in a process of its own, spoken to line by line. */
export class Child {
  readonly #process: ChildProcessWithoutNullStreams
  readonly #lines: Interface
  /** Rejects when it ends; until then whoever waits for a line waits for this too. */
  readonly #ended: Promise<never>

  constructor(cleanup: Cleanup, program: string, args: readonly string[], flags: readonly string[] = []) {
    const path = fileURLToPath(new URL(program, import.meta.url))
    this.#process = spawn(process.execPath, [...flags, '--conditions=@tickstock/source', path, ...args])
    this.#process.stderr.pipe(process.stderr)
    this.#lines = createInterface(this.#process.stdout)
    this.#ended = once(this.#process, 'exit').then(([code]) => {
      throw new Error(`${program} ended with exit code ${code}`)
    })
    this.#ended.catch(() => undefined)
    cleanup.teardown(() => this.#process.kill('SIGKILL'))
  }

  get pid(): number {
    return this.#process.pid ?? 0
  }

  tell(line: string): void {
    this.#process.stdin.write(`${line}\n`)
  }

  /** The next line it prints. */
  async line(): Promise<string> {
    const [line] = await Promise.race([once(this.#lines, 'line'), this.#ended])
    return `${line}`
  }

  async ask(line: string): Promise<string> {
    const answer = this.line()
    this.tell(line)
    return answer
  }
}
