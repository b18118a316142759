import { fileURLToPath } from 'node:url'
import t from 'tap'
import { startProgram } from '../src/index.ts'

const program = (name: string) => ({
  name,
  command: ['--conditions=@tickstock/source', fileURLToPath(new URL(`fixtures/services/${name}.ts`, import.meta.url))]
})

t.test('gives a program its port, waits for it, and ends it in order', async t => {
  const service = await startProgram(t, { ...program('healthy'), env: { GREETING: 'hello' } })

  t.equal(await (await fetch(service.url)).text(), 'hello')

  t.same(await service.stop(), { code: 0, signal: null })
  t.same(service.log, ['listening', 'draining'])
})

t.test('reports the last words of a program that ends while it starts', async t => {
  await t.rejects(
    startProgram(t, program('failing')),
    /failing ended \(exit code 1\) before it was ready[\s\S]*DATABASE_URL is missing/
  )
})

t.test('fails at the deadline when a program is never ready', async t => {
  await t.rejects(startProgram(t, { ...program('mute'), within: 500 }), /mute was not ready within 500 ms[\s\S]*/)
})
