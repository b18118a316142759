import { once } from 'node:events'
import { createServer } from 'node:net'
import { StartError } from '@tickstock/embedded-servers'
import t from 'tap'
import { frontPort, listenAtFront } from '../src/front-port.ts'

t.test('a port that was asked for is given, or refused with what to do', async t => {
  const holder = createServer().listen(0, '127.0.0.1')
  await once(holder, 'listening')
  const address = holder.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0

  await t.rejects(frontPort(port), { name: 'PortTakenError', message: new RegExp(`port ${port} is taken.*--port`) })

  holder.close()
  await once(holder, 'close')
  t.same(await frontPort(port), { port, note: undefined })
})

t.test('without one it is 8080, else the next free one, which is said', async t => {
  const holder = createServer()
  const held = await new Promise(resolve => {
    holder.once('error', () => resolve(true)).listen(8080, '127.0.0.1', () => resolve(true))
  })
  t.teardown(() => holder.close())

  const { port, note } = await frontPort(undefined)

  t.ok(held)
  t.ok(port > 8080)
  t.match(note, `port 8080 is taken, so it is ${port}`)
})

t.test(
  'listens at the port that was found, and at the next free one when another program took it meanwhile',
  async t => {
    const taken = new StartError('nginx ended', ['bind() to 127.0.0.1:8080 failed (98: Address already in use)'])
    const found = { port: 8080, note: undefined }
    const ports: number[] = []
    const failing = (failures: number, error: Error) => async (port: number) => {
      if (ports.push(port) <= failures) throw error
    }

    t.same(await listenAtFront(found, undefined, failing(0, taken)), found)
    t.same(ports.splice(0), [8080])

    const next = await listenAtFront(found, undefined, failing(1, taken))
    t.same(ports.splice(0), [8080, next.port])

    await t.rejects(listenAtFront(found, 8080, failing(1, taken)), taken, 'a port that was asked for')
    t.same(ports.splice(0), [8080])
    await t.rejects(listenAtFront(found, undefined, failing(1, new Error('no such file'))), { message: 'no such file' })
    ports.splice(0)
    await t.rejects(listenAtFront(found, undefined, failing(9, taken)), taken, 'in the end')
  }
)
