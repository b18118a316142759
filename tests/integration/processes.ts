import { readdir, readFile } from 'node:fs/promises'

/** Command lines of the processes that name a text, by pid; our own is left out. Linux alone. */
export async function processesNaming(text: string): Promise<ReadonlyMap<number, string>> {
  const pids = (await readdir('/proc')).filter(name => /^\d+$/.test(name)).map(Number)
  const found = new Map<number, string>()
  for (const pid of pids) {
    const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' ')
    if (pid !== process.pid && command.includes(text)) found.set(pid, command)
  }
  return found
}
