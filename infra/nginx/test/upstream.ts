import { createServer, type IncomingMessage } from 'node:http'
import { WebSocketServer } from 'ws'

interface Teardown {
  teardown(end: () => unknown): unknown
}

export interface TestUpstream {
  readonly host: string
  readonly port: number
  /** Connections that were opened to it. */
  connections(): number
  stop(): Promise<void>
}

/** A service that says what it was asked; `/big` answers with 20 kB, `/refuse` with a problem of its own. */
export async function startUpstream(t: Teardown, service: string): Promise<TestUpstream> {
  let connections = 0
  const server = createServer(async (request, response) => {
    const { method, url = '', headers } = request
    const body = await bodyOf(request)
    const status = url.endsWith('/refuse') ? 404 : 200
    response.writeHead(status, { 'content-type': 'application/json', 'x-request-id': headers['x-request-id'] })
    const filler = url.endsWith('/big') ? 'x'.repeat(20_000) : ''
    response.end(JSON.stringify({ service, method, url, headers, length: body.length, filler }))
  })
  server.on('connection', () => {
    connections += 1
  })
  const sockets = new WebSocketServer({ server, handleProtocols: () => 'tickstock.v1' })
  sockets.on('connection', (socket, { headers }) => {
    socket.send(JSON.stringify({ service, headers }))
    socket.on('message', data => socket.send(String(data)))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const stop = async () => {
    for (const socket of sockets.clients) socket.terminate()
    server.closeAllConnections()
    await new Promise<void>(resolve => server.close(() => resolve()))
  }
  t.teardown(stop)
  return {
    host: '127.0.0.1',
    port: typeof address === 'object' && address !== null ? address.port : 0,
    connections: () => connections,
    stop
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = ''
  for await (const chunk of request) body += chunk
  return body
}
