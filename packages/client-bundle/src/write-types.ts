import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { dts } from 'rolldown-plugin-dts'
import { ENTRIES } from './bundle.ts'

const BUILT = fileURLToPath(new URL('../../client/dist', import.meta.url))

/**
 * Writes the declarations beside the files for browsers, each with all that it needs of the contracts and of TypeBox: a
 * project that has neither can compile against them.
 *
 * @param built where `tsc --build packages/client` has written the declarations. Default: the client's `dist`
 */
export async function writeTypes(folder: string, built = BUILT): Promise<void> {
  for (const [file, entry] of Object.entries(ENTRIES)) {
    await using bundle = await rolldown({
      input: { [file.replace(/\.js$/, '')]: `${built}/${entry}.d.ts` },
      plugins: [dts({ dtsInput: true, oxc: true, resolver: 'oxc', tsconfig: false, emitDtsOnly: true })],
      resolve: { conditionNames: ['types', 'import'] }
    })
    await bundle.write({ dir: folder })
  }
}
