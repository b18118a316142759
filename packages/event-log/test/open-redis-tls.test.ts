import { once } from 'node:events'
import { createServer } from 'node:net'
import t from 'tap'
import { openRedis, openSubscriber } from '../src/index.ts'

const TLS_HANDSHAKE = 0x16
const RESP_ARRAY = '*'.charCodeAt(0)

/** Listens, and tells how the first client begins to speak. */
async function startListener(t: { teardown(end: () => unknown): unknown }) {
  const { promise: spoken, resolve } = Promise.withResolvers<number | undefined>()
  const server = createServer(socket => {
    socket.on('error', () => undefined)
    socket.once('data', data => {
      resolve(data[0])
      socket.destroy()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const address = server.address()
  return { spoken, host: `127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}` }
}

for (const [scheme, path, begins] of [
  ['redis-cluster', '', RESP_ARRAY],
  ['rediss-cluster', '', TLS_HANDSHAKE],
  ['redis-sentinel', '/main?sentinel_user=me&sentinel_password=secret', RESP_ARRAY],
  ['rediss-sentinel', '/main?sentinel_user=me&sentinel_password=secret', TLS_HANDSHAKE]
] as const) {
  for (const open of [openRedis, openSubscriber]) {
    t.test(`${scheme} by ${open.name}`, async t => {
      const { host, spoken } = await startListener(t)
      const url = `${scheme}://me:secret@${host}${path}`
      const redis = open({ url, name: 'test', commandTimeout: 1_000 })
      t.teardown(() => redis.disconnect())
      redis.on('error', () => undefined)

      // It has no answer: what is asked here is how it is asked.
      redis.ping().catch(() => undefined)

      t.equal(await spoken, begins)
    })
  }
}
