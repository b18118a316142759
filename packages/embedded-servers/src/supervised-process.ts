import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'

export interface ProcessOptions {
  /** Program and arguments. */
  readonly command: readonly [string, ...string[]]
  /** Added to the inherited environment. */
  readonly env?: Readonly<Record<string, string>> | undefined
  readonly cwd?: string | undefined
  /** The user to run as, where we are root. */
  readonly uid?: number | undefined
  readonly gid?: number | undefined
  /** What asks for an orderly end. Default: SIGTERM. */
  readonly stopSignal?: NodeJS.Signals | undefined
  /** Milliseconds from the stop signal to SIGKILL. Default: 10,000. */
  readonly stopWithin?: number | undefined
  /** Told each line of standard output and standard error. */
  readonly onLine?: ((line: string) => void) | undefined
}

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface SupervisedProcess {
  readonly pid: number
  /** The last lines it printed, oldest first, at most 1,000. */
  readonly log: readonly string[]
  /** Settles, never rejects, when the process has ended. */
  readonly exited: Promise<Exit>
  /** Undefined while it runs. */
  readonly exit: Exit | undefined
  /** Sends a signal to the process alone. */
  kill(signal: NodeJS.Signals): void
  /** Asks for an orderly end, and after the deadline kills the process with its whole group. */
  stop(): Promise<Exit>
}

const LOG_LINES = 1_000

// Holds the program back until its watchdog is in place, then becomes it: same pid, standard input closed.
const GATE = 'read -r _ && exec "$@" </dev/null'

// Reads a pipe from us. A line means that the process ended by itself; the pipe's end means that we are gone.
const WATCHDOG = `
read -r _ && exit
kill -s "$2" "$1" || exit 0
tries=0
while kill -0 "$1" && [ "$tries" -lt "$3" ]; do sleep 0.1; tries=$((tries + 1)); done
kill -s KILL -- "-$1"
`

/**
 * Starts a program that neither outlives us nor dies before we say so.
 *
 * It runs in a session of its own, so the terminal's Ctrl-C reaches only us and we can end our children in order. If we
 * vanish instead, even by SIGKILL, a watchdog (a shell that reads a pipe from us) stops it. A pipe works on every Unix;
 * Linux's parent-death signal is lost when credentials change and fires when a worker thread that started it ends.
 */
export async function superviseProcess(options: ProcessOptions): Promise<SupervisedProcess> {
  const { command, cwd, uid, gid, stopSignal = 'SIGTERM', stopWithin = 10_000, onLine } = options
  const child = spawn('sh', ['-c', GATE, 'sh', ...command], {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
    env: { ...process.env, ...options.env },
    ...(cwd !== undefined && { cwd }),
    ...(uid !== undefined && { uid }),
    ...(gid !== undefined && { gid })
  })
  await once(child, 'spawn')
  const pid = pidOf(child)

  const log: string[] = []
  const keep = (line: string) => {
    log.push(line)
    if (log.length > LOG_LINES) log.shift()
    onLine?.(line)
  }
  for (const stream of [child.stdout, child.stderr]) createInterface(stream).on('line', keep)

  const watchdog = spawn(
    'sh',
    ['-c', WATCHDOG, 'sh', `${pid}`, stopSignal.slice(3), `${Math.ceil(stopWithin / 100)}`],
    {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true
    }
  )
  const note = (error: Error) => keep(`supervisor: ${error.message}`)
  watchdog.on('error', note).unref()
  watchdog.stdin.on('error', note)

  let exit: Exit | undefined
  const exited = endOf(child).then(ended => {
    exit = ended
    watchdog.stdin.end('ended\n')
    return ended
  })

  child.stdin.on('error', note).end('go\n')

  return {
    pid,
    log,
    exited,
    get exit() {
      return exit
    },
    kill(signal) {
      child.kill(signal)
    },
    async stop() {
      child.kill(stopSignal)
      const deadline = new AbortController()
      const late = delay(stopWithin, undefined, { signal: deadline.signal }).then(
        () => killGroup(pid),
        () => undefined
      )
      const ended = await exited
      deadline.abort()
      await late
      return ended
    }
  }
}

/** Resolves when the process is gone with what it left in its group, and its output is read. */
async function endOf(child: ChildProcess): Promise<Exit> {
  const closed = once(child, 'close')
  await once(child, 'exit')
  // nginx leaves its workers listening when the master is killed.
  killGroup(pidOf(child))
  // Output may stay open in a grandchild outside the group: do not wait for that one.
  await Promise.race([closed, delay(500, undefined, { ref: false })])
  return { code: child.exitCode, signal: child.signalCode }
}

function killGroup(pid: number) {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

function pidOf({ pid }: ChildProcess) {
  if (pid === undefined) throw new Error('the process has no pid although it was spawned')
  return pid
}
