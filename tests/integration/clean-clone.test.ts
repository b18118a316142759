import { execFileSync } from 'node:child_process'
import { cp, mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { temporaryFolder } from '@tickstock/test-kit'
import t from 'tap'
import { launchSystem } from './launched.ts'
import { processesNaming } from './processes.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** What a clone of this tree would hold: everything that git does not ignore. */
async function cloneTo(folder: string) {
  const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root })
  for (const file of new Set(files.toString().split('\0').filter(Boolean))) {
    await mkdir(dirname(join(folder, file)), { recursive: true })
    await cp(join(root, file), join(folder, file))
  }
}

t.test('npm start on a clean clone fetches what it needs; the second start takes seconds', async t => {
  const folder = await temporaryFolder(t)
  await cloneTo(folder)
  const launch = () => launchSystem(t, { cwd: folder, args: [], env: { PORT: '' }, within: 300_000 })

  for (const which of ['first', 'second']) {
    const began = performance.now()
    const system = await launch()
    t.comment(`${which} start: ${((performance.now() - began) / 1000).toFixed(1)} s from the command to the URL`)
    t.equal((await fetch(`${system.url}/api/patterns/scan?per_page=1`)).status, 200)
    await system.stop()
    t.match(system.output(), /✔ Stopped/)
    t.same([...(await processesNaming(folder)).values()], [], 'no process is left')
  }
})
