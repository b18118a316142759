import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { unpackedExecutable } from '../src/debian-packages.ts'
import { temporaryFolder } from './fixtures/temporary-folder.ts'

t.test('what was unpacked finds its libraries and its configuration beside it', async t => {
  const root = await temporaryFolder(t)
  await mkdir(join(root, 'usr/lib/x86_64-linux-gnu/own'), { recursive: true })
  const configuration = { name: 'fonts.conf', variable: 'FONTCONFIG_FILE' }

  const { path, env } = await unpackedExecutable(root, {
    unpackedPath: 'usr/bin/it',
    libraries: ['own'],
    configuration
  })

  t.equal(path, join(root, 'usr/bin/it'))
  t.match(env['LD_LIBRARY_PATH'], join(root, 'usr/lib/x86_64-linux-gnu/own'))
  t.equal(env['FONTCONFIG_FILE'], join(root, 'fonts.conf'))
})
