import { readFile } from 'node:fs/promises'

/** Of a Linux kernel: clock ticks a second, and bytes a page. */
const TICKS = 100
const PAGE = 4_096

/** Processor time a process has used, seconds; undefined where the machine does not tell. */
export async function processorSeconds(pid: number): Promise<number | undefined> {
  const stat = await readProc(pid, 'stat')
  // After the name, which may hold spaces, the 12th and 13th fields are its own time and the kernel's for it.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields && (Number(fields[11]) + Number(fields[12])) / TICKS
}

/** Memory of a process that is in use, bytes; undefined where the machine does not tell. */
export async function residentBytes(pid: number): Promise<number | undefined> {
  const statm = await readProc(pid, 'statm')
  return statm === undefined ? undefined : Number(statm.split(' ')[1]) * PAGE
}

async function readProc(pid: number, file: string): Promise<string | undefined> {
  if (process.platform !== 'linux') return undefined
  return readFile(`/proc/${pid}/${file}`, 'utf8')
}
