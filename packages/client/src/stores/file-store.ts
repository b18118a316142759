import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { PositionStore, Positions } from '../position-store.ts'
import { readPositions } from './read-positions.ts'

/**
 * Positions in a file of this process alone: `{"<key>":{"daily":{"epoch":"…","offset":1}}}`. It is replaced as a whole, after it has reached the disk: whoever is killed
 * finds the positions before or after, never half of them.
 *
 * @param path is made where it is missing, with its folder; what stands there and is no such file is an error of `load`
 */
export function fileStore(path: string): PositionStore {
  let kept: Promise<Map<string, Positions>> | undefined
  let writing: Promise<void> = Promise.resolve()
  const all = () => {
    kept ??= readAll(path)
    return kept
  }
  return {
    load: async key => (await all()).get(key),
    async save(key, positions) {
      const map = await all()
      map.set(key, positions)
      // One after the other, and each with the newest of all keys.
      const done = writing.then(() => replace(path, JSON.stringify(Object.fromEntries(map))))
      writing = done.catch(() => undefined)
      await done
    }
  }
}

async function readAll(path: string): Promise<Map<string, Positions>> {
  const text = await textIn(path)
  if (text === undefined) return new Map()
  try {
    const entries = Object.entries<unknown>(JSON.parse(text))
    return new Map(entries.map(([key, positions]) => [key, readPositions(positions)]))
  } catch (cause) {
    throw new Error(`${path} is no file of positions`, { cause })
  }
}

async function textIn(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

async function replace(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const draft = `${path}.${process.pid}.new`
  await using file = await open(draft, 'w', 0o600)
  await file.writeFile(text)
  await file.sync()
  await rename(draft, path)
}
