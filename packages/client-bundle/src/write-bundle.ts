import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { BUNDLE_NAMES, type BundleName, bundleClient } from './bundle.ts'

/** `tickstock.js` must stay below, in bytes, compressed by gzip. */
export const MOST_BYTES = 20 * 1024

export interface BundleSize {
  readonly name: BundleName
  readonly bytes: number
  readonly compressed: number
}

/** Writes the SDK for browsers into a folder, which is made where it is missing. */
export async function writeBundle(folder: string): Promise<BundleSize[]> {
  await mkdir(folder, { recursive: true })
  const write = async (name: BundleName) => {
    const text = await bundleClient(name)
    await writeFile(join(folder, name), text)
    return { name, bytes: Buffer.byteLength(text), compressed: gzipSync(text, { level: 9 }).length }
  }
  return Promise.all(BUNDLE_NAMES.map(write))
}
