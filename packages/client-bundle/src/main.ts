import { fileURLToPath } from 'node:url'
import { writeBundle } from './write-bundle.ts'

/** Where the `exports` of the client say that browsers find it. */
const folder = fileURLToPath(new URL('../../client/dist/browser', import.meta.url))

const { bytes, compressed } = await writeBundle(folder)
process.stdout.write(`${folder}/tickstock.js: ${bytes} bytes, ${compressed} compressed\n`)
