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

/** The child of a process whose command line names a text. */
export async function childNaming(parent: number, text: string): Promise<number | undefined> {
  for (const pid of (await processesNaming(text)).keys()) {
    // "pid (command) state ppid …"; the command may hold anything but is the last in parentheses.
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
    if (Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === parent) return pid
  }
  return undefined
}
