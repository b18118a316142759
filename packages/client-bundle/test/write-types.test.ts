import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { temporaryFolder, workspaceCopy } from '@tickstock/test-kit'
import { build } from 'esbuild'
import t from 'tap'
import { writeBundle, writeTypes } from '../src/index.ts'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../../../', import.meta.url))
/** Without what a test run preloads into its children: the compiler does not start with it. */
const tsc = (cwd: string, ...flags: string[]) =>
  run('env', ['-u', 'NODE_OPTIONS', process.execPath, join(root, 'node_modules/typescript/bin/tsc'), ...flags], { cwd })

const PROGRAM = `
import { createClient, type LiveItem } from './tickstock.js'
import { localStorageStore } from './tickstock-storage.js'

export async function follow(): Promise<LiveItem[]> {
  const client = createClient({ url: 'https://patterns.example.com', token: async () => 'token' })
  const keep = { store: localStorageStore(), key: 'ann' }
  const seen: LiveItem[] = []
  for await (const item of client.live({ filter: { symbols: ['AAPL'] }, from: 'snapshot', keep })) seen.push(item)
  const [pattern] = (await client.scan({ confidence_min: 0.8 })).patterns
  const confidence: number | undefined = pattern?.confidence
  // @ts-expect-error a number is no text
  const text: string | undefined = pattern?.confidence
  // @ts-expect-error there is no such option
  client.live({ form: 'now' })
  console.log(confidence, text)
  return seen
}
`

t.test('a project that has nothing else of this one compiles and bundles against the files for browsers', async t => {
  const folder = await temporaryFolder(t)
  const copy = await workspaceCopy(t, { installed: true })
  await tsc(copy, '--build', 'packages/client')
  await Promise.all([writeBundle(folder), writeTypes(folder, join(copy, 'packages/client/dist'))])
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
  await writeFile(join(folder, 'program.ts'), PROGRAM)

  const flags = ['--noEmit', '--strict', '--target', 'es2022', '--module', 'nodenext', '--lib', 'esnext,dom']
  await t.resolves(tsc(folder, ...flags, '--types', '', 'program.ts'))
  const entryPoints = [join(folder, 'program.ts')]
  const { outputFiles, warnings } = await build({ entryPoints, bundle: true, write: false, format: 'esm' })

  t.same(warnings, [])
  t.notMatch(outputFiles[0]?.text ?? 'import "', /^import /m)
})
