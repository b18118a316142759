import { createAdapter } from '@socket.io/redis-streams-adapter'
import { startRedis } from '@tickstock/test-kit'
import { Redis } from 'ioredis'
import { Server } from 'socket.io'
import { Child } from '../../child.ts'
import type { Contender } from '../contender.ts'
import { steadily } from '../publishing.ts'
import { messageOf } from '../servers/frame.ts'

/** One node publishes, another has the sockets: by the Redis streams adapter, with connection state recovery. */
export const socketIo: Contender = {
  name: 'Socket.IO 4, streams adapter',
  start: async cleanup => {
    const { url } = await startRedis(cleanup)
    const server = new Child(cleanup, './fan-out/servers/socket-io.ts', [url])
    const port = await server.line()
    const redis = new Redis(url)
    cleanup.teardown(() => redis.disconnect())
    const publisher = new Server({ adapter: createAdapter(redis) })
    // It has no server of its own, which its close would ask for.
    cleanup.teardown(() => publisher.of('/').adapter.close())
    return {
      url: `ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`,
      dialect: 'socket.io',
      pid: server.pid,
      publish: steadily(cleanup, () => publisher.emit('event', messageOf(Date.now())))
    }
  }
}
