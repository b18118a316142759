import type { RedisOptions, RedisServer } from '@tickstock/embedded-servers'
import { Redis } from 'ioredis'
import type { Teardown } from './teardown.ts'
import { temporaryFolder } from './temporary-folder.ts'
import { until } from './until.ts'

type Start = (options: RedisOptions) => Promise<RedisServer>

/** One Redis of several. It keeps its port and its folder when it is killed and started again. */
export class RedisNode {
  readonly dataDir: string
  readonly #start: Start
  readonly #settings: readonly string[]
  #server: RedisServer

  private constructor(dataDir: string, start: Start, settings: readonly string[], server: RedisServer) {
    this.dataDir = dataDir
    this.#start = start
    this.#settings = settings
    this.#server = server
  }

  /** Started, and stopped with the test. */
  static async start(t: Teardown, start: Start, settings: readonly string[]): Promise<RedisNode> {
    const dataDir = await temporaryFolder(t)
    const node = new RedisNode(dataDir, start, settings, await start({ dataDir, settings }))
    t.teardown(() => node.#stop())
    return node
  }

  get port(): number {
    return this.#server.port
  }

  /** `redis://…` of this node alone. */
  get url(): string {
    return this.#server.url
  }

  get pid(): number {
    return this.#server.pid
  }

  /** SIGKILL. Resolves when it is gone. */
  async kill(): Promise<void> {
    this.#server.kill('SIGKILL')
    await this.#server.exited
  }

  /** SIGTERM: it writes what it has. Resolves when it is gone. */
  async terminate(): Promise<void> {
    await this.#server.stop()
  }

  /** Starts it again after {@link kill} or {@link terminate}, with what its folder holds. */
  async restart(): Promise<void> {
    const { dataDir, port } = this
    this.#server = await this.#start({ dataDir, port, settings: this.#settings })
  }

  /** Keeps every connection open and answers nothing, until {@link thaw}. */
  freeze(): void {
    this.#server.kill('SIGSTOP')
  }

  thaw(): void {
    this.#server.kill('SIGCONT')
  }

  /** Resolves when its replicas, one at least, have all that is written here by now. */
  async replicated(): Promise<void> {
    const written = Number(await this.info('replication', 'master_repl_offset'))
    const haveIt = async () => {
      const offsets = String(await this.ask('INFO', 'replication')).matchAll(/^slave\d+:.*offset=(\d+)/gm)
      const have = [...offsets].map(([, offset]) => Number(offset))
      return have.length > 0 && have.every(offset => offset >= written)
    }
    await until(haveIt, { what: `the replicas of ${this.port} to have everything` })
  }

  /** From now on its replicas get nothing more: what is written here stands here alone. */
  async isolate(): Promise<void> {
    // A replica that stands still would yet find what was on its way to it.
    await this.ask('ACL', 'SETUSER', 'default', '-psync', '-sync')
    await this.ask('CLIENT', 'KILL', 'TYPE', 'replica')
  }

  /** Sends one command to this node. */
  async ask(command: string, ...args: readonly (string | number)[]): Promise<unknown> {
    const redis = new Redis(this.url, { retryStrategy: null, lazyConnect: true, commandTimeout: 5_000 })
    // Told by the command.
    redis.on('error', () => undefined)
    try {
      return await redis.call(command, ...args)
    } finally {
      redis.disconnect()
    }
  }

  /** A field of INFO; '' where there is none. */
  async info(section: string, field: string): Promise<string> {
    const text = String(await this.ask('INFO', section))
    return new RegExp(`^${field}:(.*?)\\r?$`, 'm').exec(text)?.[1] ?? ''
  }

  /** A process that stands still does not end when it is asked to. */
  async #stop() {
    this.thaw()
    await this.#server.stop()
  }
}
