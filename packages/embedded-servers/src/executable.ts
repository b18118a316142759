import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { execa } from 'execa'

/** A binary, and the environment variables it needs beside the inherited ones to find its libraries. */
export interface Executable {
  readonly path: string
  readonly env: Readonly<Record<string, string>>
}

// Debian keeps nginx in /usr/sbin, which an ordinary user's PATH leaves out; a GUI's PATH may leave out Homebrew.
const USUAL_FOLDERS = ['/usr/local/bin', '/usr/bin', '/usr/local/sbin', '/usr/sbin', '/opt/homebrew/bin']

/** The folders of PATH, then those where package managers put servers. */
export function usualSearchPath(): readonly string[] {
  const { PATH = '' } = process.env
  return [...PATH.split(delimiter), ...USUAL_FOLDERS].filter(folder => folder !== '')
}

/** The first program of this name in these folders. */
export async function findExecutable(name: string, searchPath: readonly string[]): Promise<Executable | undefined> {
  for (const folder of searchPath) {
    const path = join(folder, name)
    if (await isExecutable(path)) return { path, env: {} }
  }
  return undefined
}

/**
 * Runs the binary for its version, e.g. `7.0.15`: the cheapest proof that it starts on this machine.
 * Throws an error with the loader's own words, such as the library that is missing.
 */
export async function versionOf(executable: Executable, flag: string): Promise<string> {
  const {
    all = '',
    failed,
    shortMessage
  } = await execa(executable.path, [flag], {
    env: executable.env,
    all: true,
    reject: false,
    timeout: 10_000,
    stdin: 'ignore'
  })
  if (failed) throw new Error(all || shortMessage)
  const version = /\d+(?:\.\d+)+/.exec(all)?.[0]
  if (version === undefined) throw new Error(`${executable.path} tells no version: ${all}`)
  return version
}

async function isExecutable(path: string) {
  return access(path, constants.X_OK).then(
    () => true,
    () => false
  )
}
