// What Node can do at all: a body of the given size, ready in memory, by bare node:http and by bare Fastify.
// Prints `{"http": port, "fastify": port}` when both listen.
import { once } from 'node:events'
import { createServer } from 'node:http'
import fastify from 'fastify'

const body = Buffer.alloc(Number(process.argv[2]), 'x')

const bare = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length })
  response.end(body)
})
bare.listen(0, '127.0.0.1')
await once(bare, 'listening')

const app = fastify()
app.get('/*', (_request, reply) => reply.type('application/json').send(body))
const url = await app.listen({ host: '127.0.0.1', port: 0 })

const address = bare.address()
console.log(
  JSON.stringify({ http: typeof address === 'object' ? address?.port : 0, fastify: Number(new URL(url).port) })
)
