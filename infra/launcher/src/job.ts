import { superviseProcess } from '@tickstock/embedded-servers'

/** A job that must have succeeded before the services start, did not. */
class JobError extends Error {
  override readonly name = 'JobError'
}

export interface JobOptions {
  readonly name: string
  readonly command: readonly [string, ...string[]]
  readonly env: Readonly<Record<string, string>>
  readonly onLine: (line: string) => void
  /** Aborted, it ends the job. */
  readonly signal: AbortSignal
}

/** Runs a program to its end. Throws a `JobError` with its last words. */
export async function runJob({ name, command, env, onLine, signal }: JobOptions): Promise<void> {
  signal.throwIfAborted()
  const job = await superviseProcess({ command, env, onLine })
  signal.addEventListener('abort', job.stop, { once: true })
  const { code } = await job.exited
  signal.removeEventListener('abort', job.stop)
  signal.throwIfAborted()
  if (code !== 0) throw new JobError([`${name} failed:`, ...job.log.slice(-10)].join('\n  '))
}
