import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { minify } from 'terser'
import { lightContracts } from './contracts-plugin.ts'
import { internalNames } from './internal-names.ts'

/** What a browser loads, by file name: what `createClient` needs, and what keeps positions. */
export const ENTRIES = { 'tickstock.js': 'browser', 'tickstock-storage.js': 'storage' } as const

export type BundleName = keyof typeof ENTRIES

export const BUNDLE_NAMES: readonly BundleName[] = ['tickstock.js', 'tickstock-storage.js']

/** A file of the SDK: an ES module that imports nothing, for browsers of the last three years. @returns its text, minified */
export async function bundleClient(name: BundleName): Promise<string> {
  // Beside the index, under whichever condition that was found.
  const index = import.meta.resolve('@tickstock/client')
  const entry = fileURLToPath(index.replace(/index(?=\.\w+$)/, ENTRIES[name]))
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: ['es2022', 'chrome119', 'firefox121', 'safari17.4'],
    legalComments: 'none',
    logLevel: 'silent',
    tsconfigRaw: {},
    define: { 'Number.POSITIVE_INFINITY': 'Infinity' },
    mangleProps: new RegExp(`^(?:${(await internalNames(entry)).join('|')})$`),
    plugins: [lightContracts]
  })
  const { code = '' } = await minify(outputFiles.map(({ text }) => text).join(''), {
    module: true,
    ecma: 2020,
    compress: { passes: 6, pure_getters: true, unsafe_arrows: true, comparisons: false, typeofs: false }
  })
  return code
}
