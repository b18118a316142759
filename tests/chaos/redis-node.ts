import { startRedis, type Teardown, type TestRedis, temporaryFolder } from '@tickstock/test-kit'

export type Persistence = 'always' | 'everysec'

/** The Redis of a run, which comes back at its port with its file. */
export class RedisNode {
  readonly #start: (port?: number) => Promise<TestRedis>
  #running: TestRedis | undefined
  #paused = false
  readonly port: number

  static async start(t: Teardown, persistence: Persistence): Promise<RedisNode> {
    const dataDir = await temporaryFolder(t)
    const start = (port?: number) => startRedis(t, { dataDir, persistence, ...(port !== undefined && { port }) })
    return new RedisNode(t, start, await start())
  }

  private constructor(t: Teardown, start: (port?: number) => Promise<TestRedis>, running: TestRedis) {
    this.#start = start
    this.#running = running
    this.port = running.port
    t.teardown(() => this.resume())
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  async kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const running = this.#running
    this.#running = undefined
    running?.kill(signal)
    await running?.exited
  }

  async restart(): Promise<void> {
    this.resume()
    this.#running ??= await this.#start(this.port)
  }

  pause(): void {
    this.#running?.kill('SIGSTOP')
    this.#paused = true
  }

  resume(): void {
    if (this.#paused) this.#running?.kill('SIGCONT')
    this.#paused = false
  }
}
