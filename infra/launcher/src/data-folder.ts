import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { hasCode } from './error-code.ts'

const MARKER = '.tickstock-data'
const PID_FILE = 'launcher.pid'

/** The folder cannot be used; the message says why and is meant for a person. */
class DataFolderError extends Error {
  override readonly name = 'DataFolderError'
}

export interface DataFolder {
  readonly dir: string
  readonly path: (...parts: string[]) => string
  /** Tells others, and the watch command, where the system is. */
  announce(url: string): Promise<void>
  /** Lets the next start have the folder. */
  release(): Promise<void>
}

/**
 * Takes the folder for this process. With `fresh` all that an earlier start left in it is deleted first; a folder that no start of ours made is never deleted.
 *
 * @throws DataFolderError
 */
export async function openDataFolder(dir: string, { fresh }: { readonly fresh: boolean }): Promise<DataFolder> {
  const path = (...parts: string[]) => join(dir, ...parts)
  const content = await readdir(dir).catch(unlessMissing)
  if (content.length > 0 && !content.includes(MARKER)) {
    throw new DataFolderError(`${dir} holds other things already: choose another folder with --data`)
  }

  const holder = await holderOf(path(PID_FILE))
  if (holder !== undefined) {
    const url = await readFile(path('url'), 'utf8').catch(() => 'starting')
    throw new DataFolderError(
      `TickStock already runs on ${dir} (process ${holder}, ${url.trim()}): stop it, or choose another folder with --data`
    )
  }

  if (fresh) await rm(dir, { recursive: true, force: true })
  await mkdir(path('logs'), { recursive: true })
  // What lies in it is nobody else's business, but a Postgres that runs as another user must get through to its own folder.
  await chmod(dir, 0o711)
  await chmod(path('logs'), 0o700)
  await writeFile(path(MARKER), 'Made by TickStock: npm start -- --fresh deletes it\n')
  await writeFile(path(PID_FILE), `${process.pid}\n`)

  return {
    dir,
    path,
    announce: url => writeFile(path('url'), `${url}\n`),
    release: async () => {
      await rm(path('url'), { force: true })
      await rm(path('redis-url'), { force: true })
      await rm(path(PID_FILE), { force: true })
    }
  }
}

/** The process that holds the folder, if it still runs. */
async function holderOf(pidFile: string): Promise<number | undefined> {
  const pid = Number.parseInt(await readFile(pidFile, 'utf8').catch(() => ''), 10)
  if (!Number.isInteger(pid) || pid === process.pid) return undefined
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (hasCode(error, 'ESRCH')) return undefined
  }
  // The number may have gone to another program since. Where there is no /proc, believe it.
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => 'launcher')
  return command.includes('launcher') ? pid : undefined
}

function unlessMissing(error: unknown): string[] {
  if (hasCode(error, 'ENOENT')) return []
  throw new DataFolderError(`the data folder cannot be read: ${error instanceof Error ? error.message : error}`)
}
