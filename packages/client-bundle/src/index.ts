export { BUNDLE_NAMES, type BundleName, bundleClient } from './bundle.ts'
export { type BundleSize, MOST_BYTES, writeBundle } from './write-bundle.ts'
export { writeSite } from './write-site.ts'
export { writeTypes } from './write-types.ts'
