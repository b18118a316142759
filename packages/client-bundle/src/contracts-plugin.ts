import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Plugin } from 'esbuild'
import { functionsAlone, MAKES_SCHEMAS } from './functions-alone.ts'
import { isFunction, valuesModule } from './values-module.ts'

const CONTRACTS = '@tickstock/contracts'
const entry = fileURLToPath(import.meta.resolve(CONTRACTS))
const folder = dirname(entry)
const runtime = fileURLToPath(new URL('./runtime/', import.meta.url))

/** What the modules of the contracts export, evaluated. */
const VALUES = 'values'
/** The same with the functions. */
const ALL = 'all'

type Module = Readonly<Record<string, unknown>>

/**
 * Gives a bundle the contracts as they are here and now: schemas as light checks, routes as what a caller needs of them, constants as they are; functions come from
 * their own source. So a browser has neither TypeBox nor what the contracts say to people, and nothing of them is written a second time.
 */
export const lightContracts: Plugin = {
  name: 'light-contracts',
  async setup(build) {
    const modules = await modulesOf(entry)
    const light = { namespace: CONTRACTS, sideEffects: false } as const
    build.onResolve({ filter: /^@tickstock\/contracts$/ }, () => ({ path: ALL, ...light }))
    build.onResolve({ filter: /^values$/ }, () => ({ path: VALUES, ...light }))
    build.onResolve({ filter: /^\./ }, ({ importer, kind }) =>
      // A module of the contracts gets from its neighbours what everybody gets.
      importer.startsWith(folder) && kind === 'import-statement' ? { path: ALL, ...light } : undefined
    )
    build.onLoad({ filter: /^all$/, namespace: CONTRACTS }, () => ({
      contents: allModule(modules),
      resolveDir: folder
    }))
    build.onLoad({ filter: /^values$/, namespace: CONTRACTS }, () => ({
      contents: valuesModule([...modules.values()], `${runtime}checks`),
      resolveDir: folder
    }))
    build.onLoad({ filter: /./, namespace: 'file' }, async ({ path }) => {
      const module = modules.get(path)
      if (module === undefined) return undefined
      const values = Object.keys(module).filter(name => !isFunction(module[name]))
      const contents = functionsAlone(await readFile(path, 'utf8'), values, VALUES)
      return { contents, loader: path.endsWith('.ts') ? 'ts' : 'js' }
    })
  }
}

/** The modules that an index exports from, by path. */
async function modulesOf(index: string): Promise<ReadonlyMap<string, Module>> {
  const text = await readFile(index, 'utf8')
  const paths = [...text.matchAll(/ from '(.+)'/g)].map(([, path = '']) => join(dirname(index), path))
  const named = paths.map(async path => [path, await import(pathToFileURL(path).href)] as const)
  return new Map(await Promise.all(named))
}

/** What makes schemas, and what checks by them, stays away. */
function allModule(modules: ReadonlyMap<string, Module>): string {
  const functions = [...modules].flatMap(([path, module]) => {
    const names = Object.keys(module).filter(name => name !== 'checkOf' && isOwnCode(module[name]))
    return names.length === 0 ? [] : `export { ${names.join(', ')} } from ${JSON.stringify(path)}`
  })
  const checkOf = `export { checkOf } from ${JSON.stringify(`${runtime}check-of`)}`
  // In this order they run: functions that check are made with the first two.
  return [checkOf, `export * from '${VALUES}'`, ...functions].join('\n')
}

const isOwnCode = (value: unknown): boolean => isFunction(value) && !MAKES_SCHEMAS.test(String(value))
