import { once } from 'node:events'
import { get as httpGet, type IncomingMessage } from 'node:http'
import { gunzipSync } from 'node:zlib'
import { until } from '@tickstock/test-kit'
import t, { type Test } from 'tap'
import { patternOf } from '../events.ts'
import { appWith } from './app-with.ts'

const few = [patternOf({ symbol: 'MSFT', confidence: 0.9 }), patternOf({ symbol: 'AAPL', confidence: 0.5 })]

/** Too much for the buffers between the service and a reader who does not read. */
const many = Array.from({ length: 20_000 }, (_, n) =>
  patternOf({ symbol: `S${n}`, confidence: n / 20_000, extra: { note: 'x'.repeat(800) } })
)

async function listening(t: Test, options: Parameters<typeof appWith>[1] = {}) {
  const made = appWith(t, options)
  return { ...made, url: await made.app.listen({ host: '127.0.0.1', port: 0 }) }
}

/** Asks, and reads nothing of the answer until it is told to. */
async function ask(t: Test, url: string, user = 'alice'): Promise<IncomingMessage> {
  const request = httpGet(url, { headers: { 'x-user-id': user }, agent: false })
  const [response]: IncomingMessage[] = await once(request, 'response')
  if (!response) throw new Error('no response')
  response.on('error', () => {})
  t.teardown(() => response.destroy())
  return response
}

t.test('a pattern a line, in the order that is asked for', async t => {
  const { get } = appWith(t, { patterns: few })
  const reply = await get('/api/patterns/export?sort_by=symbol&sort_order=asc')
  t.equal(reply.statusCode, 200)
  t.equal(reply.headers['content-type'], 'application/x-ndjson; charset=utf-8')
  t.equal(reply.headers['cache-control'], 'private, no-store')
  t.match(reply.headers['content-disposition'], /^attachment; filename="patterns-\d{8}T\d{6}Z\.ndjson"$/)
  t.same(
    reply.body
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line)),
    few.toReversed()
  )
})

t.test('CSV has a header and a line for each that matches', async t => {
  const { get } = appWith(t, { patterns: few })
  const reply = await get('/api/patterns/export?format=csv&symbols=AAPL')
  t.equal(reply.headers['content-type'], 'text/csv; charset=utf-8; header=present')
  t.match(reply.headers['content-disposition'], /\.csv"$/)
  t.match(reply.body, /^id,symbol,.*\r\nAAPL:Doji:daily:\d+,AAPL,Doji,[^\n]*\r\n$/)
})

t.test('what is not valid is refused before anything is sent', async t => {
  const { get } = appWith(t, { patterns: few })
  for (const [query, field] of Object.entries({
    'format=xml': 'query.format',
    'rsi_range=70,30': 'query.rsi_range',
    'page=2': 'query.page',
    'symbols=,': 'query.symbols'
  })) {
    const reply = await get(`/api/patterns/export?${query}`)
    t.match(reply.json(), { status: 400, code: 'invalid_request', errors: [{ field }] }, query)
    t.equal(reply.headers['content-disposition'], undefined)
  }
  t.match((await get('/api/patterns/export?sectors=Energy')).json(), { code: 'universe_unavailable' })
  t.match((await get('/api/patterns/export?watchlist=5c1b7c0e-0000-4000-8000-000000000000')).json(), {
    code: 'unauthenticated'
  })
})

t.test('HEAD tells of the file and makes none', async t => {
  const { app } = appWith(t, { patterns: few })
  const reply = await app.inject({ method: 'HEAD', url: '/api/patterns/export?format=csv' })
  t.equal(reply.statusCode, 200)
  t.match(reply.headers['content-disposition'], 'attachment')
  t.equal(reply.headers['content-length'], undefined)
  t.equal(reply.body, '')
})

t.test('it is compressed for who takes it', async t => {
  const { get } = appWith(t, { patterns: many.slice(0, 1_000) })
  const plain = await get('/api/patterns/export')
  const packed = await get('/api/patterns/export', { 'accept-encoding': 'gzip' })
  t.equal(plain.headers['vary'], 'accept-encoding')
  t.equal(packed.headers['content-encoding'], 'gzip')
  t.equal(gunzipSync(packed.rawPayload).toString(), plain.body)
  t.ok(packed.rawPayload.length < plain.rawPayload.length / 5)
})

t.test('a large export lets others be answered meanwhile, and is of one moment', async t => {
  const { url, add } = await listening(t, { patterns: many })
  const reply = await fetch(`${url}/api/patterns/export`)
  let answered = 0
  let finished = false
  const asking = (async () => {
    while (!finished) {
      await (await fetch(`${url}/api/patterns/health`)).text()
      if (!finished) answered += 1
      add(patternOf({ symbol: `N${answered}` }))
    }
  })()
  const text = await reply.text()
  finished = true
  await asking

  t.equal(text.split('\n').length - 1, many.length)
  t.notMatch(text, '"symbol":"N')
  t.ok(answered >= 5, `${answered} others were answered meanwhile`)
})

t.test('a reader who goes away leaves his place at once', async t => {
  const { url } = await listening(t, { patterns: many })
  const open = [await ask(t, `${url}/api/patterns/export`), await ask(t, `${url}/api/patterns/export?format=csv`)]
  const refused = await fetch(`${url}/api/patterns/export`, { headers: { 'x-user-id': 'alice' } })
  t.equal(refused.status, 429)
  t.equal(refused.headers.get('retry-after'), '5')
  t.equal(refused.headers.get('content-disposition'), null)
  t.match(await refused.json(), { code: 'too_many_requests', temporary: true })

  for (const response of open) response.destroy()
  await until(async () => {
    const again = await ask(t, `${url}/api/patterns/export?symbols=S1`)
    again.resume()
    return again.statusCode === 200
  })
})

t.test('a reader who goes away while it is compressed leaves his place too', async t => {
  const { url } = await listening(t, { patterns: many })
  for (let n = 0; n < 6; n++) {
    const abort = new AbortController()
    const reply = await until(async () => {
      const reply = await fetch(`${url}/api/patterns/export`, {
        headers: { 'x-user-id': 'alice', 'accept-encoding': 'gzip' },
        signal: abort.signal
      })
      return reply.status === 200 ? reply : undefined
    })
    t.equal(reply.headers.get('content-encoding'), 'gzip')
    abort.abort()
  }
})

t.test('there are four places, and two for one user', async t => {
  const { url } = await listening(t, { patterns: many })
  for (const user of ['alice', 'alice', 'bob', 'carol']) {
    t.equal((await ask(t, `${url}/api/patterns/export`, user)).statusCode, 200, user)
  }
  t.equal((await ask(t, `${url}/api/patterns/export`, 'dave')).statusCode, 429)
})

t.test('nobody is told what an export would be who does not say who he is', async t => {
  const config = { AUTH_MODE: 'token', AUTH_SECRET: 'a secret of thirty-two characters', DRAIN_MS: 0 } as const
  const { app } = appWith(t, { patterns: few, config })
  for (const method of ['GET', 'HEAD'] as const) {
    t.equal((await app.inject({ method, url: '/api/patterns/export' })).statusCode, 401, method)
  }
})
