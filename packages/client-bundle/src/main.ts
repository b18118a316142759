import { fileURLToPath } from 'node:url'
import { writeBundle } from './write-bundle.ts'
import { writeTypes } from './write-types.ts'

/** Where the `exports` of the client say that browsers find it. */
const folder = fileURLToPath(new URL('../../client/dist/browser', import.meta.url))

for (const { name, bytes, compressed } of await writeBundle(folder)) {
  process.stdout.write(`${folder}/${name}: ${bytes} bytes, ${compressed} compressed\n`)
}
await writeTypes(folder)
