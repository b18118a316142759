import { type PostgresServer, startPostgres } from '@tickstock/embedded-servers'
import { type Teardown, temporaryFolder } from '@tickstock/test-kit'

/** A kill loses no commit: what a process has written survives it, so only a power cut would need fsync. */
const SETTINGS = { synchronous_commit: 'on', full_page_writes: 'on' }

/** A Postgres that keeps its port and its data when it is killed and started again. */
export class PostgresNode {
  readonly #dataDir: string
  #server: PostgresServer

  private constructor(dataDir: string, server: PostgresServer) {
    this.#dataDir = dataDir
    this.#server = server
  }

  /** Starts it; it stops with the test. */
  static async start(t: Teardown): Promise<PostgresNode> {
    const dataDir = await temporaryFolder(t)
    const node = new PostgresNode(dataDir, await startPostgres({ dataDir, durable: false, settings: SETTINGS }))
    t.teardown(() => node.#server.stop())
    return node
  }

  /** Of the superuser. */
  get url(): string {
    return this.#server.url
  }

  /** SIGKILL. Resolves when the process has ended. */
  async kill(): Promise<void> {
    this.#server.kill('SIGKILL')
    await this.#server.exited
  }

  /** Starts it again after {@link kill}: it recovers what was committed. */
  async restart(): Promise<void> {
    const { port } = this.#server
    this.#server = await startPostgres({ dataDir: this.#dataDir, port, durable: false, settings: SETTINGS })
  }
}
