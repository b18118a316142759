import { mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import type { Executable } from './executable.ts'
import { reasonOf } from './provision-error.ts'

export interface DebianTools {
  readonly aptGet: Executable
  readonly dpkgDeb: Executable
}

export interface DebianPackagesOptions {
  readonly tools: DebianTools
  /** Packages to unpack, beside whatever they need that this machine lacks. */
  readonly packages: readonly string[]
  /** Folder of apt's lists and cache, kept between calls. */
  readonly aptDir: string
  /** Folder that becomes the root of the unpacked packages. */
  readonly into: string
  readonly onProgress: (message: string) => void
  readonly signal?: AbortSignal | undefined
}

const LISTS_ARE_FRESH_FOR = 24 * 3_600_000

/**
 * Fetches Debian packages and unpacks them into a folder: no root, no installation, no change to the system's own
 * lists, and no service started, as `apt-get install` would do.
 *
 * Which libraries are missing is asked of apt itself (a simulated install): their names differ between releases
 * (libssl3, libssl3t64). Throws what apt or dpkg said.
 */
export async function unpackDebianPackages(options: DebianPackagesOptions): Promise<void> {
  const { packages, into, onProgress } = options
  const apt = aptIn(options)
  const downloads = join(into, '.packages')
  await mkdir(downloads, { recursive: true })

  const updateOutput = await updateLists(options, apt)
  onProgress('resolving packages')
  const missing = await apt(['-s', '-qq', '--no-install-recommends', 'install', ...packages]).catch(
    (error: unknown) => {
      throw new Error([reasonOf(error), updateOutput].filter(Boolean).join('\n'))
    }
  )

  // The named ones are always fetched: one may be installed while its sibling, where a link points, is not.
  // libc belongs to the system's own loader and cannot be taken from elsewhere.
  const names = new Set([...packages, ...installedBy(missing)].filter(name => name !== 'libc6'))
  onProgress(`downloading ${[...names].join(', ')}`)
  await apt(['download', ...names], downloads)

  for (const file of await readdir(downloads)) {
    onProgress(`unpacking ${file}`)
    await execa(options.tools.dpkgDeb.path, ['-x', join(downloads, file), into], cancelledBy(options.signal))
  }
}

export interface UnpackedLayout {
  readonly unpackedPath: string
  /** Folders within those of libraries, in which some packages have libraries of their own. */
  readonly libraries?: readonly string[]
  /** A file beside what was unpacked, and the variable that names it. */
  readonly configuration?: { readonly name: string; readonly variable: string }
}

/** An unpacked binary together with the folders of libraries unpacked beside it. */
export async function unpackedExecutable(
  root: string,
  { unpackedPath, libraries = [], configuration }: UnpackedLayout
): Promise<Executable> {
  const folders = ['usr/lib', 'lib']
  for (const parent of [...folders]) {
    const entries = await readdir(join(root, parent)).catch(() => [])
    for (const entry of entries.filter(entry => entry.includes('-linux-'))) {
      folders.push(...['', ...libraries].map(library => join(parent, entry, library)))
    }
  }
  const { LD_LIBRARY_PATH: inherited = '' } = process.env
  const searched = [...folders.map(folder => join(root, folder)), inherited].filter(folder => folder !== '')
  const configured = configuration && { [configuration.variable]: join(root, configuration.name) }
  return { path: join(root, unpackedPath), env: { LD_LIBRARY_PATH: searched.join(':'), ...configured } }
}

type Apt = (args: readonly string[], cwd?: string) => Promise<string>

function aptIn({ tools, aptDir, signal }: DebianPackagesOptions): Apt {
  const settings = {
    'Dir::State::Lists': join(aptDir, 'lists'),
    'Dir::Cache': join(aptDir, 'cache'),
    'Dir::State::status': '/var/lib/dpkg/status',
    'Debug::NoLocking': '1',
    'Acquire::Retries': '2',
    'Acquire::http::Timeout': '20',
    'Acquire::https::Timeout': '20',
    // As root, apt would drop to the user _apt, who may not write here.
    ...(process.getuid?.() === 0 && { 'APT::Sandbox::User': 'root' })
  }
  const flags = Object.entries(settings).map(([name, value]) => `-o${name}=${value}`)

  return async (args, cwd) => {
    const { all } = await execa(tools.aptGet.path, [...flags, ...args], {
      ...cancelledBy(signal),
      ...(cwd && { cwd }),
      all: true,
      stdin: 'ignore',
      env: { LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' }
    })
    return all
  }
}

/** Returns what apt complained of. A source that fails is no failure yet: it may not be the one that is needed. */
async function updateLists({ aptDir, onProgress }: DebianPackagesOptions, apt: Apt) {
  const stamp = join(aptDir, 'updated')
  const age = await stat(stamp).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    () => Number.POSITIVE_INFINITY
  )
  if (age < LISTS_ARE_FRESH_FOR) return ''

  onProgress('reading the package lists')
  await mkdir(join(aptDir, 'lists', 'partial'), { recursive: true })
  await mkdir(join(aptDir, 'cache', 'archives', 'partial'), { recursive: true })
  try {
    // Without this mode apt calls an update from an unreachable source a success.
    await apt(['-qq', '-oAPT::Update::Error-Mode=any', 'update'])
    await writeFile(stamp, '')
    return ''
  } catch (error) {
    return reasonOf(error)
  }
}

function installedBy(simulation: string) {
  return simulation.split('\n').flatMap(line => /^Inst (\S+)/.exec(line)?.[1] ?? [])
}

function cancelledBy(signal: AbortSignal | undefined) {
  return signal ? { cancelSignal: signal } : {}
}
