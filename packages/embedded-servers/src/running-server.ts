import { setTimeout as delay } from 'node:timers/promises'
import getPort from 'get-port'
import { type Exit, type ProcessOptions, type SupervisedProcess, superviseProcess } from './supervised-process.ts'

/** A server of ours on 127.0.0.1. `await using` stops it. */
export interface RunningServer extends AsyncDisposable {
  readonly url: string
  readonly port: number
  readonly pid: number
  /** The last lines it printed. */
  readonly log: readonly string[]
  readonly exited: Promise<Exit>
  kill(signal: NodeJS.Signals): void
  stop(): Promise<Exit>
}

export interface StartServerOptions {
  /** For error messages. */
  readonly name: string
  /** The port to listen on. Without it a free one is picked, and another if it is taken before the server binds it. */
  readonly port?: number | undefined
  /** Milliseconds until it must answer. */
  readonly within: number
  readonly url: (port: number) => string
  readonly process: (port: number) => ProcessOptions | Promise<ProcessOptions>
  /** Resolves once the very process with this pid answers; rejects while it does not. Must not hang. */
  readonly probe: (port: number, pid: number) => Promise<void>
}

/** The server ended or stayed mute before it was ready. `log` holds its last lines, and so does the message. */
export class StartError extends Error {
  override readonly name = 'StartError'
  readonly log: readonly string[]

  constructor(what: string, log: readonly string[], options?: ErrorOptions) {
    super([what, ...log.slice(-20)].join('\n  '), options)
    this.log = log
  }
}

const PORT_ATTEMPTS = 5
const PROBE_INTERVAL = 10

/** Starts a server and waits until it answers. Throws a `StartError`; then nothing is left running. */
export async function startServer(options: StartServerOptions): Promise<RunningServer> {
  if (options.port !== undefined) return startOn(options.port, options)

  for (let attempt = 1; ; attempt++) {
    const port = await getPort({ host: '127.0.0.1' })
    try {
      return await startOn(port, options)
    } catch (error) {
      if (attempt === PORT_ATTEMPTS || !lostPort(error)) throw error
    }
  }
}

async function startOn(port: number, options: StartServerOptions): Promise<RunningServer> {
  const started = await superviseProcess(await options.process(port))
  try {
    await untilReady(started, port, options)
  } catch (error) {
    await started.stop()
    throw error
  }

  const { pid, log, exited } = started
  const stop = () => started.stop()
  return {
    url: options.url(port),
    port,
    pid,
    log,
    exited,
    stop,
    kill: signal => started.kill(signal),
    [Symbol.asyncDispose]: async () => {
      await stop()
    }
  }
}

async function untilReady(started: SupervisedProcess, port: number, { name, within, probe }: StartServerOptions) {
  const deadline = performance.now() + within
  for (;;) {
    const answer = await probe(port, started.pid).then(
      () => 'ready' as const,
      (error: unknown) => ({ error })
    )
    if (started.exit) {
      const { code, signal } = started.exit
      throw new StartError(`${name} ended (${signal ?? `exit code ${code}`}) before it was ready`, started.log)
    }
    if (answer === 'ready') return
    if (performance.now() > deadline) {
      throw new StartError(`${name} was not ready within ${within} ms: ${answer.error}`, started.log, {
        cause: answer.error
      })
    }
    await delay(PROBE_INTERVAL)
  }
}

function lostPort(error: unknown) {
  return error instanceof StartError && error.log.some(line => /address already in use/i.test(line))
}
