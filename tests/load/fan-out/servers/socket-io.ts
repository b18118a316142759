// Socket.IO with its Redis streams adapter, as its documentation sets it up. argv: the Redis' url. Prints its port; events come from another node of the
// same adapter.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createAdapter } from '@socket.io/redis-streams-adapter'
import { Redis } from 'ioredis'
import { Server } from 'socket.io'

const redis = new Redis(process.argv[2] ?? '')
const http = createServer()
const io = new Server(http, {
  adapter: createAdapter(redis),
  transports: ['websocket'],
  perMessageDeflate: false,
  connectionStateRecovery: {}
})
io.on('connection', socket => socket.emit('welcome'))
http.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 })
await once(http, 'listening')
const address = http.address()
console.log(typeof address === 'object' ? address?.port : 0)
