import { execFileSync } from 'node:child_process'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { freshBundle } from '../src/index.ts'

/** A workspace with one service, whose program prints a file and loads the rest later. */
const workspace = (t: Test) =>
  t.testdir({
    'pnpm-lock.yaml': 'lockfileVersion: 9',
    node_modules: {},
    services: {
      'pattern-query': {
        lua: { 'append.lua': 'return 1' },
        names: { one: 'first', two: 'second' },
        src: {
          'main.ts': `
            import { readFileSync } from 'node:fs'
            const text: string = readFileSync(new URL('../lua/append.lua', import.meta.url), 'utf8')
            const named = (name: string) => readFileSync(new URL(\`../names/\${name}\`, import.meta.url), 'utf8')
            console.log(text, named('one'), named('two'))
            import('./start.ts').then(({ start }) => start())`,
          'start.ts': "export const start = () => console.log('started')"
        }
      }
    }
  })

const output = (folder: string) => execFileSync(process.execPath, [join(folder, 'main.cjs')]).toString()

t.test('bundles a program with the files that it reads and what it loads later', async t => {
  const root = workspace(t)

  const folder = await freshBundle(root, 'pattern-query')

  t.equal(output(folder), 'return 1 first second\nstarted\n')
  t.match(await readFile(join(folder, 'assets/services/pattern-query/lua/append.lua'), 'utf8'), 'return 1')
})

t.test('bundles again when a source, or a file that it reads, has changed, and not otherwise', async t => {
  const root = workspace(t)
  const service = join(root, 'services/pattern-query')
  const bundle = async () => {
    const folder = await freshBundle(root, 'pattern-query')
    return (await stat(join(folder, '.inputs.json'))).mtimeMs
  }
  const first = await bundle()
  t.equal(await bundle(), first)

  await writeFile(join(service, 'lua/append.lua'), 'return 22')
  const second = await bundle()
  t.not(second, first)
  t.match(output(join(service, 'dist')), 'return 22')

  await writeFile(join(service, 'src/start.ts'), "export const start = () => console.log('changed')")
  t.not(await bundle(), second)
  t.match(output(join(service, 'dist')), 'changed')
})

t.test('bundles once for all that ask at once', async t => {
  const root = workspace(t)

  const folders = await Promise.all(Array.from({ length: 4 }, () => freshBundle(root, 'pattern-query')))

  t.equal(new Set(folders).size, 1)
  t.match(output(folders[0] ?? ''), 'started')
})

t.test('names file and line of what cannot be bundled, and tries again when asked again', async t => {
  const root = workspace(t)
  const source = join(root, 'services/pattern-query/src/start.ts')
  await writeFile(source, 'export const start = (')
  await t.rejects(freshBundle(root, 'pattern-query'), { message: /src\/start\.ts:1:\d+/ })

  await writeFile(source, "export const start = () => console.log('mended')")

  t.match(output(await freshBundle(root, 'pattern-query')), 'mended')
})
