import { once } from 'node:events'
import { createServer } from 'node:net'
import t from 'tap'
import { frontPort } from '../src/front-port.ts'

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
