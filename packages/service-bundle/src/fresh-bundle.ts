import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { exclusively } from '@tickstock/embedded-servers'
import { bundleService, type ServiceName } from './bundle-service.ts'

/** What a bundle was made of, beside it: time of change (ms) and size of each file. */
const STAMP = '.inputs.json'

/** Libraries change with the lock file alone. */
const LIBRARIES = 'pnpm-lock.yaml'

/**
 * Bundles a service unless its bundle is of the files as they are now. Processes that ask at once wait for one of them.
 *
 * @param root folder of the workspace
 * @returns the folder with the programs
 * @throws esbuild's error, which names file and line
 */
export async function freshBundle(root: string, service: ServiceName): Promise<string> {
  const folder = join(root, 'services', service, 'dist')
  const stamp = join(folder, STAMP)
  if (await isFresh(root, stamp)) return folder

  await mkdir(folder, { recursive: true })
  return exclusively(join(root, 'node_modules', '.bundling'), undefined, async () => {
    if (await isFresh(root, stamp)) return folder
    await rm(stamp, { force: true })
    const inputs = await bundleService(root, service)
    const states = await Promise.all(
      [...inputs, LIBRARIES].map(async path => [path, await stateOf(join(root, path))] as const)
    )
    await writeFile(stamp, JSON.stringify(states))
    return folder
  })
}

async function isFresh(root: string, stamp: string): Promise<boolean> {
  const states: unknown = JSON.parse(await readFile(stamp, 'utf8').catch(() => '[]'))
  if (!Array.isArray(states) || states.length === 0) return false
  const checks = states.map(async ([path, state]) => (await stateOf(join(root, String(path)))) === state)
  return (await Promise.all(checks)).every(Boolean)
}

const stateOf = (path: string): Promise<string> =>
  stat(path).then(
    ({ mtimeMs, size }) => `${mtimeMs} ${size}`,
    () => 'gone'
  )
