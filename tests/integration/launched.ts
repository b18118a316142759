import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { type Teardown, until } from '@tickstock/test-kit'

/** A system that `npm start` brought up, as its user sees it. */
export interface LaunchedSystem {
  readonly url: string
  /** All that it printed so far. */
  readonly output: () => string
  /** Ctrl-C; resolves when all that was started here has ended. @returns the exit code, null where the signal itself ended it, as it does npm */
  stop(): Promise<number | null>
}

export interface LaunchOptions {
  readonly cwd: string
  readonly args: readonly string[]
  readonly env?: NodeJS.ProcessEnv
  readonly within: number
  /** Default: `npm start`. */
  readonly command?: readonly [string, ...string[]]
}

/** Starts it and waits until it prints its URL. It is stopped with the test, if that was not done before. */
export async function launchSystem(t: Teardown, options: LaunchOptions): Promise<LaunchedSystem> {
  const [file, ...first] = options.command ?? ['npm', 'start', '--']
  const child: ChildProcessByStdio<null, Readable, Readable> = spawn(file, [...first, ...options.args], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, so that a signal can be sent to all of it, as a terminal does.
    detached: true
  })
  // Not the exit of npm, which may come first: the end of what holds its output.
  const closed = once(child, 'close')
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', text => {
      printed += text
    })
  }

  const stop = async (): Promise<number | null> => {
    if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
      process.kill(-child.pid, 'SIGINT')
    }
    const [code] = await closed
    return code
  }
  t.teardown(stop)

  const url = await until(
    () => {
      if (child.exitCode !== null) return 'ended'
      return /runs at\S*\s+\S*(http:\/\/localhost:\d+)/.exec(printed)?.[1]
    },
    { within: options.within, what: 'the URL' }
  ).catch(error => {
    throw new Error(`${error.message}\nIt printed:\n${printed}`)
  })
  if (url === 'ended') throw new Error(`it ended before it was ready. It printed:\n${printed}`)
  return { url, output: () => printed, stop }
}
