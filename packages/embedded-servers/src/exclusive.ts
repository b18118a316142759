import { spawn } from 'node:child_process'
import { once } from 'node:events'

/**
 * Runs `work` while holding the lock on `lockFile`, so that two processes do not do the same download.
 *
 * The lock is the kernel's, held by `flock` for as long as its standard input, a pipe from us, is open: it goes with
 * us however we end, so it cannot be stale. Where `flock` is missing (macOS) the work runs unlocked: whoever is given
 * this must also be right, though wasteful, when it runs twice.
 */
export async function exclusively<Result>(
  lockFile: string,
  signal: AbortSignal | undefined,
  work: () => Promise<Result>
): Promise<Result> {
  const holder = spawn('flock', [lockFile, 'sh', '-c', 'echo held; read -r _'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
    ...(signal && { signal })
  })
  const ended = once(holder, 'exit')
  const held = await Promise.race([once(holder.stdout, 'data'), ended]).then(() => true, missing)

  try {
    signal?.throwIfAborted()
    return await work()
  } finally {
    if (held) {
      holder.stdin.end()
      await ended
    }
  }
}

function missing(error: unknown) {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false
  throw error
}
