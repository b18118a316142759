import { createServer, sendAscii } from '@tickstock/service-kit'
import t from 'tap'
import { readableLogger } from './fixtures/log-lines.ts'

t.test(
  'text goes out in one piece with the headers that were set, and none for HEAD or a status without a body',
  async t => {
    const app = createServer({ logger: readableLogger().logger })
    t.teardown(() => app.close())
    app.get('/text', (_request, reply) =>
      sendAscii(reply.type('application/json').header('etag', 'W/"1"'), 200, '{"a":1}')
    )
    app.get('/known', (_request, reply) => sendAscii(reply, 304, null, ['etag', 'W/"1"']))
    const url = await app.listen({ host: '127.0.0.1', port: 0 })

    const text = await fetch(`${url}/text`)
    const head = await fetch(`${url}/text`, { method: 'HEAD' })
    const known = await fetch(`${url}/known`)

    for (const answer of [text, head]) {
      t.match(Object.fromEntries(answer.headers), {
        'content-type': 'application/json',
        'content-length': '7',
        etag: 'W/"1"',
        'x-content-type-options': 'nosniff',
        'x-request-id': /./
      })
    }
    t.equal(await text.text(), '{"a":1}')
    t.equal(await head.text(), '')
    t.equal(known.status, 304)
    t.equal(await known.text(), '')
  }
)
