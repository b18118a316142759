import t from 'tap'
import { findExecutable, usualSearchPath, versionOf } from '../src/executable.ts'

t.test('a version is what proves that a program starts', async t => {
  t.equal(await versionOf({ path: process.execPath, env: {} }, '--version'), process.version.slice(1))
})

t.test('a program that does not start says why', async t => {
  await t.rejects(versionOf({ path: '/no/such/program', env: {} }, '--version'), /ENOENT/)
  await t.rejects(versionOf({ path: process.execPath, env: {} }, '--no-such-flag'), /bad option: --no-such-flag/)
})

t.test('a program that tells no version is none that we know', async t => {
  await t.rejects(versionOf({ path: 'echo', env: {} }, 'hello'), /echo tells no version: hello/)
})

t.test('folders are searched in order, and what cannot be run is passed over', async t => {
  t.match(await findExecutable('sh', ['/no/such/folder', ...usualSearchPath()]), { path: /\/sh$/ })
  t.equal(await findExecutable('passwd', ['/etc']), undefined)
})
