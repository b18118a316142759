import { execFileSync } from 'node:child_process'
import { cp, mkdir, symlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Teardown } from './teardown.ts'
import { temporaryFolder } from './temporary-folder.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

export interface WorkspaceCopyOptions {
  /** Links the packages that this workspace has installed. Default: false, as in a new clone. */
  readonly installed?: boolean
}

/**
 * The files of the workspace that git does not ignore, in a temporary folder. Tests build there: what they leave in the
 * workspace itself would change the next run.
 */
export async function workspaceCopy(t: Teardown, { installed = false }: WorkspaceCopyOptions = {}): Promise<string> {
  const folder = await temporaryFolder(t)
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: ROOT })
  const files = [...new Set(listed.toString().split('\0').filter(Boolean))]
  for (const file of files) {
    await mkdir(dirname(join(folder, file)), { recursive: true })
    await cp(join(ROOT, file), join(folder, file))
  }
  if (installed) await linkPackages(folder, files)
  return folder
}

/** The links between packages are relative: in the copy they lead to packages of the copy. */
async function linkPackages(folder: string, files: readonly string[]) {
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  for (const file of files) {
    if (basename(file) !== 'package.json' || dirname(file) === '.') continue
    const modules = join(dirname(file), 'node_modules')
    await cp(join(ROOT, modules), join(folder, modules), { recursive: true, verbatimSymlinks: true })
  }
}
