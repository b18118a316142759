import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { temporaryFolder } from '@tickstock/test-kit'
import t from 'tap'

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const run = (...args: string[]) =>
  spawnSync(process.execPath, ['--conditions=@tickstock/source', main, ...args], { encoding: 'utf8' })

t.test('the command writes the page where it is told', async t => {
  const folder = await temporaryFolder(t)
  const { status, stdout } = run(`${folder}/docs`)
  t.equal(status, 0)
  t.match(stdout, `The API page is in ${folder}/docs`)
})

t.test('without a folder it says what it wants', async t => {
  t.match(run(), { status: 1, stderr: /Name one folder/ })
  t.match(run('one', 'two'), { status: 1, stderr: /Name one folder/ })
  t.match(run('--help'), { status: 0, stdout: /Usage: npm run api-docs/ })
})
