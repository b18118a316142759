import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryFolder } from '@tickstock/test-kit'
import t from 'tap'
import { openDataFolder } from '../src/data-folder.ts'

const kept = { fresh: false }

t.test('a folder is made, announced, and given back for the next start', async t => {
  const dir = join(await temporaryFolder(t), 'data')

  const folder = await openDataFolder(dir, kept)
  await folder.announce('http://localhost:8080')

  t.equal(await readFile(folder.path('url'), 'utf8'), 'http://localhost:8080\n')
  t.equal((await stat(folder.path('logs'))).mode & 0o777, 0o700)
  await folder.release()
  t.notOk((await readdir(dir)).includes('url'))
  await t.resolves(openDataFolder(dir, kept))
})

t.test('--fresh deletes what an earlier start left', async t => {
  const dir = await temporaryFolder(t)
  const folder = await openDataFolder(dir, kept)
  await writeFile(folder.path('old'), '')
  await folder.release()

  await openDataFolder(dir, { fresh: true })

  t.notOk((await readdir(dir)).includes('old'))
})

t.test('a folder that holds other things is refused, and nothing in it is touched', async t => {
  const dir = await temporaryFolder(t)
  await writeFile(join(dir, 'thesis.tex'), 'years of work')

  await t.rejects(openDataFolder(dir, { fresh: true }), { name: 'DataFolderError', message: /holds other things/ })

  t.same(await readdir(dir), ['thesis.tex'])
})

t.test('a file in the place of the folder is refused', async t => {
  const file = join(await temporaryFolder(t), 'file')
  await writeFile(file, '')
  await t.rejects(openDataFolder(file, kept), { name: 'DataFolderError', message: /cannot be read/ })
})

t.test('a second start on the same folder says where the first one runs', async t => {
  const dir = await temporaryFolder(t)
  const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)', 'launcher'])
  await once(other, 'spawn')
  t.teardown(() => other.kill('SIGKILL'))
  const folder = await openDataFolder(dir, kept)
  await writeFile(folder.path('launcher.pid'), `${other.pid}`)

  await t.rejects(openDataFolder(dir, kept), { message: new RegExp(`already runs .*process ${other.pid}, starting`) })
  await folder.announce('http://localhost:8081')
  await t.rejects(openDataFolder(dir, { fresh: true }), { message: /localhost:8081/ })
})

t.test('the pid of a start that was killed, or of another program since, holds nothing', async t => {
  const dir = await temporaryFolder(t)
  const other = spawn('sh', ['-c', 'read -r _'])
  await once(other, 'spawn')
  await mkdir(dir, { recursive: true })
  const folder = await openDataFolder(dir, kept)

  await writeFile(folder.path('launcher.pid'), `${other.pid}`)
  await t.resolves(openDataFolder(dir, kept), 'another program')

  other.stdin.end()
  await once(other, 'exit')
  await writeFile(folder.path('launcher.pid'), `${other.pid}`)
  await t.resolves(openDataFolder(dir, kept), 'nobody')
})
