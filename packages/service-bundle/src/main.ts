import { fileURLToPath } from 'node:url'
import { PROGRAMS, SERVICES } from './bundle-service.ts'
import { freshBundle } from './fresh-bundle.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))

for (const service of SERVICES) {
  const folder = await freshBundle(root, service)
  for (const program of PROGRAMS[service]) process.stdout.write(`${folder}/${program}.cjs\n`)
}
