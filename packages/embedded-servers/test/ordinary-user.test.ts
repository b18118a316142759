import { chmod, stat } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { superviseProcess } from '../src/index.ts'
import { idsOfNobody, ordinaryUser, type ServerUser } from '../src/ordinary-user.ts'
import { withPrograms } from './fixtures/programs.ts'
import { temporaryFolder } from './fixtures/temporary-folder.ts'

async function idOf(user: ServerUser) {
  const started = await superviseProcess({ command: user.command(['id', '-u']), ...user.ids })
  await started.exited
  return Number(started.log[0])
}

t.test('a server never runs as root', async t => {
  const user = await ordinaryUser()

  t.not(await idOf(user), 0)
})

t.test('where namespaces are not allowed, root starts it as nobody, who then owns the data', async t => {
  const isRoot = process.getuid?.() === 0
  const folder = await temporaryFolder(t)

  const user = await withPrograms(join(folder, 'bin'), ['id'], ordinaryUser)
  await user.own(folder)

  const ids = isRoot ? await idsOfNobody() : { uid: process.getuid?.() }
  t.equal(user.ids.uid, isRoot ? ids.uid : undefined)
  t.equal(await idOf(user), ids.uid)
  t.equal((await stat(folder)).uid, ids.uid)
})

t.test('there it still reaches a folder that only root may enter', async t => {
  if (process.getuid?.() !== 0) return t.skip('only root can become another')
  const folder = await temporaryFolder(t)
  await chmod(folder, 0o700)

  const user = await withPrograms(join(folder, 'bin'), ['id', 'setpriv', 'true'], ordinaryUser)

  t.equal(await idOf(user), (await idsOfNobody()).uid)
  const looking = await superviseProcess({ command: user.command(['ls', folder]), ...user.ids })
  t.match(await looking.exited, { code: 0 })
  t.match([...looking.log], ['bin'])
  await user.own(join(folder, 'bin'))
  t.equal((await stat(join(folder, 'bin'))).uid, (await idsOfNobody()).uid)
})
