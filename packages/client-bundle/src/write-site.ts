import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeBundle } from './write-bundle.ts'

const examples = new URL('./', import.meta.resolve('@tickstock/client/examples/browser.html'))

/** Writes the SDK for browsers into a folder, with the page that shows its use: any web server can serve it. */
export async function writeSite(folder: string): Promise<void> {
  await writeBundle(folder)
  const names = ['browser.html', 'browser.css', 'browser.js']
  await Promise.all(names.map(name => copyFile(new URL(name, examples), join(folder, name))))
}
