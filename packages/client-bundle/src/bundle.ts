import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { lightContracts } from './contracts-plugin.ts'

/** Beside the index, under whichever condition that was found. */
const entry = fileURLToPath(import.meta.resolve('@tickstock/client').replace(/index(?=\.\w+$)/, 'browser'))

/** The SDK as one ES module that imports nothing, for browsers of the last three years. @returns its text, minified */
export async function bundleClient(): Promise<string> {
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
    plugins: [lightContracts]
  })
  return outputFiles.map(({ text }) => text).join('')
}
