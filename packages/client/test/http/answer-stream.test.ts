import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PROBLEMS } from '@tickstock/contracts'
import { until } from '@tickstock/test-kit'
import t, { type Test } from 'tap'
import { createHttpClient } from '../../src/index.ts'
import { problemJson } from '../server.ts'

const line = (n: number) =>
  `${JSON.stringify({
    id: `S${n}:Dojï:daily:1`,
    symbol: `S${n}`,
    pattern: 'Doji',
    channel: 'daily',
    timeframe: 'daily',
    detected_at: 1,
    confidence: 0.9,
    price: null,
    change: null,
    indicators: {},
    expires_at: 2,
    updated_at: 1,
    synthetic: false
  })}\n`

/** A service that streams what a test lets it. */
async function given(t: Test, answer: (response: ServerResponse, asked: number) => void) {
  const urls: string[] = []
  let open = 0
  const server = createServer((request, response) => {
    open++
    response.once('close', () => open--)
    answer(response, urls.push(request.url ?? ''))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const address: AddressInfo | string | null = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  const { patterns } = createHttpClient({ url: `http://127.0.0.1:${port}`, timeoutMs: 60_000 })
  return { patterns, urls, open: () => open }
}

async function read<Value>(source: AsyncIterable<Value>): Promise<Value[]> {
  const values: Value[] = []
  for await (const value of source) values.push(value)
  return values
}

const symbols = async (source: AsyncIterable<{ symbol: string }>) => (await read(source)).map(({ symbol }) => symbol)

t.test('an export comes pattern by pattern, wherever its bytes are cut', async t => {
  const bytes = Buffer.from(line(1) + line(2) + line(3))
  for (const cut of [1, 7, 10, line(1).length, bytes.length]) {
    const { patterns, urls } = await given(t, response => {
      for (let at = 0; at < bytes.length; at += cut) response.write(bytes.subarray(at, at + cut))
      response.end()
    })
    t.same(await symbols(patterns.export({ symbols: ['S1'] })), ['S1', 'S2', 'S3'], `cut at ${cut}`)
    t.same(urls, ['/api/patterns/export?symbols=S1&format=ndjson'])
  }
})

t.test('an export of nothing is nothing', async t => {
  const { patterns } = await given(t, response => response.end())
  t.same(await read(patterns.export()), [])
})

t.test('a table is bytes', async t => {
  const { patterns, urls } = await given(t, response => response.end('symbol\nAAPL\n'))
  t.equal(await new Response(await patterns.exportCsv({ sectors: ['Energy'] })).text(), 'symbol\nAAPL\n')
  t.same(urls, ['/api/patterns/export?sectors=Energy&format=csv'])
  t.equal(await new Response(await patterns.exportCsv()).text(), 'symbol\nAAPL\n')
})

t.test('whoever stops reading ends the answer', async t => {
  const { patterns, open } = await given(t, response => response.write(line(1)))
  for await (const { symbol } of patterns.export()) {
    t.equal(symbol, 'S1')
    break
  }
  await until(() => open() === 0)

  const stream = await patterns.exportCsv()
  await stream.cancel()
  await until(() => open() === 0)
})

t.test('an answer that breaks off, or is no export, is told: never a part that looks like the whole', async t => {
  const cases: [string, (response: ServerResponse) => void, object][] = [
    [
      'a lost connection',
      response => response.write(line(1), () => response.destroy()),
      { temporary: true, message: /broke off/ }
    ],
    [
      'half a line',
      response => response.end(line(1) + line(2).slice(0, -9)),
      { temporary: true, message: /last line broke off/ }
    ],
    ['no JSON', response => response.end('<html>\n'), { temporary: false, message: /not JSON/ }],
    ['no pattern', response => response.end('{"id":1}\n'), { temporary: false, message: /is no pattern/ }]
  ]
  for (const [what, answer, error] of cases) {
    const { patterns } = await given(t, answer)
    await t.rejects(read(patterns.export()), { name: 'RequestError', ...error }, what)
  }
})

t.test('it is tried again until it begins, and not after', async t => {
  const { patterns, urls } = await given(t, (response, asked) => {
    const { status, ...problem } = PROBLEMS.not_ready
    const body = { ...problem, status, code: 'not_ready', type: 'urn:x', detail: 'why', request_id: 'r' }
    if (asked < 3) response.writeHead(status, problemJson).end(JSON.stringify(body))
    else if (asked === 3) response.end(line(1))
    else response.write(line(1), () => response.destroy())
  })
  t.same(await symbols(patterns.export()), ['S1'])
  t.equal(urls.length, 3)
  await t.rejects(read(patterns.export()), { name: 'RequestError', temporary: true })
  t.equal(urls.length, 4)
})

t.test('whoever gives up is told his own reason, in the middle too', async t => {
  const { patterns, open } = await given(t, response => response.write(line(1)))
  const giveUp = new AbortController()
  const reason = new Error('enough')

  await t.rejects(async () => {
    for await (const _ of patterns.export({}, { signal: giveUp.signal })) giveUp.abort(reason)
  }, reason)
  await until(() => open() === 0)
  await t.rejects(patterns.exportCsv({}, { signal: giveUp.signal }), reason)
})
