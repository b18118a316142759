import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { temporaryFolder } from '@tickstock/test-kit'
import t from 'tap'
import { bundleClient, MOST_BYTES, writeBundle } from '../src/index.ts'

t.test('all that createClient needs is less than 20 KB, and nothing is imported', async t => {
  const folder = await temporaryFolder(t)
  const sizes = await writeBundle(folder)

  t.same(
    sizes.map(({ name }) => name),
    ['tickstock.js', 'tickstock-storage.js']
  )
  for (const { name, bytes, compressed } of sizes) {
    const text = await readFile(join(folder, name), 'utf8')
    t.comment(`${name}: ${bytes} bytes, ${compressed} compressed`)
    t.equal(bytes, Buffer.byteLength(text))
    t.ok(compressed < MOST_BYTES, `${compressed} bytes compressed`)
    t.notOk(/\bimport[\s({*]|\brequire\(|\bnew Function\b|\beval\(/.test(text))
    t.notOk(/typebox|Send a valid bearer token/i.test(text))
  }
})

t.test('it runs where code must not be made from text, and checks what comes against the contracts', async t => {
  const folder = await temporaryFolder(t)
  await writeBundle(folder)
  const program = `
    import { createClient, RequestError } from ${JSON.stringify(join(folder, 'tickstock.js'))}
    const answers = [{ types: [{ name: 'Doji', short: 'Doji', count: 1, confidence: 0.5 }] }, { types: [{ name: 'Doji' }] }]
    globalThis.fetch = async () => Response.json(answers.shift())
    const { patterns } = createClient({ url: 'http://localhost' })
    console.log(JSON.stringify(await patterns.types()))
    const error = await patterns.types().catch(error => error)
    console.log(error instanceof RequestError, error.message)
  `
  const flags = ['--disallow-code-generation-from-strings', '--input-type=module', '--eval', program]

  const { stdout } = await promisify(execFile)(process.execPath, flags)

  t.same(stdout.trim().split('\n'), [
    '{"types":[{"name":"Doji","short":"Doji","count":1,"confidence":0.5}]}',
    'true GET /api/patterns/types answered what it must not: /types/0/short is not what it must be'
  ])
})

t.test('two builds give the same bytes', async t => {
  const folder = await temporaryFolder(t)
  await writeBundle(folder)
  t.equal(await readFile(join(folder, 'tickstock.js'), 'utf8'), await bundleClient('tickstock.js'))
})

t.test('it does what the SDK does: its tests pass with the file in its place', async t => {
  const folder = await temporaryFolder(t)
  await writeBundle(folder)
  const env = { ...process.env, BUNDLE: pathToFileURL(join(folder, 'tickstock.js')).href }
  const flags = ['--conditions=@tickstock/source', `--import=${import.meta.resolve('./fixtures/bundle-for-source.ts')}`]
  const tests = fileURLToPath(import.meta.resolve('../../client/test/client.test.ts'))

  const { stdout } = await promisify(execFile)(process.execPath, [...flags, tests], { env })

  t.match(stdout, /^ok 3 - /m)
  t.notMatch(stdout, /^not ok/m)
})
