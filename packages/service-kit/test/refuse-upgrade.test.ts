import { createServer, request } from 'node:http'
import { PROBLEM_MEDIA_TYPE, ProblemError } from '@tickstock/contracts'
import t from 'tap'
import { refuseUpgrade } from '../src/refuse-upgrade.ts'

t.test('an upgrade that is refused is answered as any request, told when to come again, and hung up on', async t => {
  const server = createServer()
  t.teardown(() => server.close())
  server.on('upgrade', (_, socket) => refuseUpgrade(socket, new ProblemError('not_ready', 'Too many'), 3))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()

  const asked = request({
    host: '127.0.0.1',
    port: typeof address === 'object' ? address?.port : 0,
    headers: { connection: 'upgrade', upgrade: 'websocket' }
  })
  const answered = new Promise<{ status: number | undefined; headers: object; body: string }>((resolve, reject) => {
    asked.on('error', reject).on('response', response => {
      let body = ''
      response.setEncoding('utf8').on('data', text => {
        body += text
      })
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }))
    })
  })
  asked.end()

  const { status, headers, body } = await answered
  t.equal(status, 503)
  t.match(headers, {
    'content-type': PROBLEM_MEDIA_TYPE,
    'retry-after': '3',
    'cache-control': 'no-store',
    connection: 'close'
  })
  const problem = JSON.parse(body)
  t.match(problem, { code: 'not_ready', detail: 'Too many', temporary: true })
  t.match(headers, { 'x-request-id': problem.request_id })
})
