import { chmod, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryFolder } from '@tickstock/test-kit'
import t from 'tap'
import { openSecrets } from '../src/secrets.ts'

t.test('secrets are made once, differ, and are readable by their owner alone', async t => {
  const file = join(await temporaryFolder(t), 'secrets.json')

  const made = await openSecrets(file)

  t.equal(new Set(Object.values(made)).size, 7)
  t.equal((await stat(file)).mode & 0o777, 0o600)
  t.same(await openSecrets(file), made)
})

t.test('a file of an earlier release keeps its secrets and gets the one it lacks', async t => {
  const file = join(await temporaryFolder(t), 'secrets.json')
  const { serviceSecret, ...earlier } = await openSecrets(file)
  await writeFile(file, JSON.stringify(earlier))

  const now = await openSecrets(file)

  t.match(now, earlier)
  t.not(now.serviceSecret, serviceSecret)
  t.same(await openSecrets(file), now)
})

t.test('a damaged file is refused rather than replaced: the database knows the old ones', async t => {
  const file = join(await temporaryFolder(t), 'secrets.json')
  await writeFile(file, '{"authSecret":"short"}')
  await t.rejects(openSecrets(file))
})

t.test('nor is one that cannot be read', async t => {
  const file = join(await temporaryFolder(t), 'secrets.json')
  // Root may read it all the same, and finds no secrets in it.
  await writeFile(file, '{}', { mode: 0o200 })
  await t.rejects(openSecrets(file))
  await chmod(file, 0o600)
  t.equal(await readFile(file, 'utf8'), '{}')
})
