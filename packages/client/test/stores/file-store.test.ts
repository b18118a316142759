import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryFolder } from '@tickstock/test-kit'
import t from 'tap'
import { fileStore } from '../../src/node.ts'

const at = (offset: number) => ({ daily: { epoch: 'e1', offset } })

t.test('positions outlive the process, each under its key', async t => {
  const folder = await temporaryFolder(t)
  const path = join(folder, 'made', 'positions.json')
  const store = fileStore(path)
  t.equal(await store.load('a'), undefined)

  await Promise.all([store.save('a', at(1)), store.save('b', at(2)), store.save('a', at(3))])

  t.same(await fileStore(path).load('a'), at(3))
  t.same(await fileStore(path).load('b'), at(2))
  t.same(JSON.parse(await readFile(path, 'utf8')), { a: at(3), b: at(2) })
  t.same(await readdir(join(folder, 'made')), ['positions.json'])
})

t.test('a file that is something else is left alone', async t => {
  const path = join(await temporaryFolder(t), 'notes.txt')
  await writeFile(path, 'dear diary')
  const store = fileStore(path)
  await t.rejects(async () => store.load('a'), { message: `${path} is no file of positions` })
  await t.rejects(async () => store.save('a', at(1)), /no file of positions/)
  t.equal(await readFile(path, 'utf8'), 'dear diary')
})

t.test('a place that cannot be read or written is told, and the next saving is tried', async t => {
  const folder = await temporaryFolder(t)
  await t.rejects(async () => fileStore(folder).load('a'), { code: 'EISDIR' })
  const path = join(folder, 'file', 'positions.json')
  const store = fileStore(path)
  t.equal(await store.load('a'), undefined)
  await writeFile(join(folder, 'file'), '')
  await t.rejects(async () => store.save('a', at(1)), { code: 'EEXIST' })
})
