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

const skip = process.getuid?.() === 0 ? false : 'only root can become another'

t.test('there it still reaches a folder that only root may enter, with that one capability', { skip }, async t => {
  const folder = await temporaryFolder(t)
  await chmod(folder, 0o700)

  const user = await withPrograms(join(folder, 'bin'), ['id', 'setpriv', 'true'], ordinaryUser)

  t.equal(await idOf(user), (await idsOfNobody()).uid)
  const command = user.command(['sh', '-c', `test -x ${folder}/bin && grep CapPrm /proc/self/status`])
  const looking = await superviseProcess({ command, ...user.ids })
  t.match(await looking.exited, { code: 0 })
  t.match(looking.log[0], /CapPrm:\s0+2$/)
  await user.own(join(folder, 'bin'))
  t.equal((await stat(join(folder, 'bin'))).uid, (await idsOfNobody()).uid)
})
