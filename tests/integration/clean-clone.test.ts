import { workspaceCopy } from '@tickstock/test-kit'
import t from 'tap'
import { launchSystem } from './launched.ts'
import { processesNaming } from './processes.ts'

t.test('npm start on a new clone installs what it needs, and starts again with it', async t => {
  const folder = await workspaceCopy(t)
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
