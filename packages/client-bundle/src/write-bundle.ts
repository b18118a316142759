import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { bundleClient } from './bundle.ts'

/** The SDK for browsers must stay below, in bytes, compressed by gzip. */
export const MOST_BYTES = 15 * 1024

/** Writes the SDK for browsers as `tickstock.js` into a folder, which is made where it is missing. */
export async function writeBundle(folder: string): Promise<{ bytes: number; compressed: number }> {
  const text = await bundleClient()
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'tickstock.js'), text)
  return { bytes: Buffer.byteLength(text), compressed: gzipSync(text, { level: 9 }).length }
}
