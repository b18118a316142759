import type { RunningServer } from '@tickstock/embedded-servers'
import { type FaultProxy, startFaultProxy, startService, type Teardown } from '@tickstock/test-kit'
import getPort from 'get-port'
import { ShiftedClock } from './faults/clock.ts'

export interface ReplicaOptions {
  readonly service: 'pattern-query' | 'realtime-gateway' | 'user-universe'
  /** Default: a free one. */
  readonly port?: number
  readonly env: Readonly<Record<string, string>>
  /** Where Redis is; the replica reaches it through a proxy of its own. */
  readonly redis: { readonly host: string; readonly port: number }
  /** Where it finds Redis, if not through the proxy. */
  readonly redisUrl?: string
}

/** One instance of a service, which can be broken in every way and always comes back at its port. */
export class Replica {
  readonly name: string
  readonly port: number
  /** Its line to Redis. */
  readonly redis: FaultProxy
  readonly #start: () => Promise<RunningServer>
  readonly #clock: ShiftedClock
  #running: RunningServer | undefined
  #paused = false
  #lives = 0
  readonly #deaths: string[] = []

  static async start(t: Teardown, name: string, options: ReplicaOptions): Promise<Replica> {
    const redis = await startFaultProxy(t, { target: options.redis })
    const port = options.port ?? (await getPort({ host: '127.0.0.1' }))
    const clock = await ShiftedClock.make(t)
    const replica = new Replica(t, { ...options, name, port, redis, clock })
    await replica.restart()
    return replica
  }

  private constructor(
    t: Teardown,
    {
      name,
      service,
      env,
      redisUrl,
      port,
      redis,
      clock
    }: Pick<ReplicaOptions, 'service' | 'env' | 'redisUrl'> & {
      name: string
      port: number
      redis: FaultProxy
      clock: ShiftedClock
    }
  ) {
    this.name = name
    this.port = port
    this.redis = redis
    this.#clock = clock
    this.#start = () =>
      startService(t, {
        service,
        port,
        env: { ...env, REDIS_URL: redisUrl ?? `redis://${redis.host}:${redis.port}`, ...clock.env }
      })
    // Before it is told to stop, which it would not hear.
    t.teardown(() => this.resume())
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  /** How often it was started. */
  get lives(): number {
    return this.#lives
  }

  /** Ends that nobody brought about, each with the last lines it wrote; then they are forgotten. */
  takeDeaths(): string[] {
    return this.#deaths.splice(0)
  }

  /** The last lines it wrote. */
  get log(): readonly string[] {
    return this.#running?.log ?? []
  }

  /** Ends at once, in the middle of whatever it does. */
  async kill(): Promise<void> {
    const running = this.#running
    this.#running = undefined
    running?.kill('SIGKILL')
    await running?.exited
  }

  /** Ends in an orderly way: it hands its clients over. */
  async stop(): Promise<void> {
    const running = this.#running
    this.#running = undefined
    await running?.stop()
  }

  /** Starts it, if it does not run; resolves when it is ready. */
  async restart(): Promise<void> {
    this.resume()
    if (this.#running !== undefined) return
    await this.#clock.shift(0)
    const started = await this.#start()
    this.#running = started
    this.#lives += 1
    void started.exited.then(({ code, signal }) => {
      // Whoever ends it here takes it out of use first.
      if (this.#running !== started) return
      this.#running = undefined
      this.#deaths.push([`${this.name} ended by itself (${signal ?? code})`, ...started.log.slice(-20)].join('\n  '))
    })
  }

  /** It hangs: nothing of it runs, and its connections stay. */
  pause(): void {
    this.#running?.kill('SIGSTOP')
    this.#paused = true
  }

  resume(): void {
    if (this.#paused) this.#running?.kill('SIGCONT')
    this.#paused = false
  }

  /** Its wall clock jumps. @param ms ahead of the true time; negative: behind */
  async shiftClock(ms: number): Promise<void> {
    await this.#clock.shift(ms, signal => this.#running?.kill(signal))
  }

  async metrics(): Promise<string> {
    const answer = await fetch(`${this.url}/metrics`, { signal: AbortSignal.timeout(5_000) })
    return answer.text()
  }
}
