import { join } from 'node:path'
import t from 'tap'
import { startNginx } from '../src/index.ts'
import { plainConfiguration } from './fixtures/plain-configuration.ts'
import { temporaryFolder } from './fixtures/temporary-folder.ts'

t.test('nginx serves its configuration, and when its master is killed no worker keeps the port', async t => {
  const prefixDir = join(await temporaryFolder(t), 'nginx')
  const first = await startNginx({ prefixDir, configuration: plainConfiguration })
  t.teardown(() => first.stop())
  t.equal(await (await fetch(first.url)).text(), 'fine')

  first.kill('SIGKILL')
  await first.exited

  const second = await startNginx({ prefixDir, configuration: plainConfiguration, port: first.port })
  t.teardown(() => second.stop())
  t.equal(await (await fetch(second.url)).text(), 'fine')
})

t.test('an error of the configuration is told in nginx’ own words', async t => {
  const failure = startNginx({ prefixDir: await temporaryFolder(t), configuration: () => 'evnts {}' })

  await t.rejects(failure, /nginx ended \(exit code 1\)[\s\S]*unknown directive "evnts"/)
})
