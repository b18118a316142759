import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { temporaryFolder, until } from '@tickstock/test-kit'
import t from 'tap'
import { TestService } from './server.ts'

const program = join(import.meta.dirname, '../examples/node.ts')

t.test('the example goes on where it was when it is started again', async t => {
  const service = await new TestService().start(t)
  const cwd = await temporaryFolder(t)
  const run = () => {
    const child = spawn(process.execPath, ['--conditions=@tickstock/source', program, service.url, 'A', 'B'], { cwd })
    t.teardown(() => child.kill('SIGKILL'))
    const out = text(child.stdout)
    let standings = ''
    child.stderr.on('data', data => {
      standings += data
      process.stderr.write(data)
    })
    const isLive = () => standings.includes('live\n')
    const end = async () => {
      child.kill('SIGINT')
      const [code] = await once(child, 'close')
      t.equal(code, 0)
      return out
    }
    return { isLive, end }
  }

  const first = run()
  await until(first.isLive, { what: 'the example to be live' })
  service.publish('A', 'B')
  await until(() => service.model.log.top === 2)
  const before = await first.end()
  service.publish('A')
  const second = run()
  await until(second.isLive, { what: 'the example to be live again' })
  const after = await second.end()

  // Three, on each of three channels.
  t.equal((before + after).match(/pattern_\w+/g)?.length, 9)
})
