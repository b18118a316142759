import { once } from 'node:events'
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
  /** Paths that it was asked for. */
  asked(): readonly string[]
  /** Bytes of `/export` that were handed over, and whether the rest waits for them to be taken. */
  written(): number
  waiting(): boolean
  stop(): Promise<void>
}

const EXPORT_PARTS = 60
const EXPORT_PART = Buffer.alloc(1_000_000, '{"symbol":"AAPL"}\n')

/** A service that says what it was asked; `/big` answers with 20 kB, `/export` with 60 MB, `/refuse` with a problem of its own. */
export async function startUpstream(t: Teardown, service: string): Promise<TestUpstream> {
  let connections = 0
  let written = 0
  let waiting = false
  const paths: string[] = []
  const server = createServer(async (request, response) => {
    const { method, url = '', headers } = request
    paths.push(url)
    if (url.endsWith('/export')) {
      response.writeHead(200, { 'content-type': 'application/x-ndjson' })
      for (let part = 0; part < EXPORT_PARTS; part += 1) {
        written += EXPORT_PART.length
        if (response.write(EXPORT_PART)) continue
        waiting = true
        await once(response, 'drain')
        waiting = false
      }
      response.end()
      return
    }
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
    asked: () => paths,
    written: () => written,
    waiting: () => waiting,
    stop
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = ''
  for await (const chunk of request) body += chunk
  return body
}
