export { bundleClient } from './bundle.ts'
export { MOST_BYTES, writeBundle } from './write-bundle.ts'
export { writeSite } from './write-site.ts'
