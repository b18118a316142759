import { randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { SOCKET_PATH } from '@tickstock/contracts'
import { tokenFor } from '@tickstock/test-kit'
import t, { type Test } from 'tap'
import { connect, SECRET, startGateway, startLog, subscribe } from '../gateway-fixture.ts'
import { bystander } from './bystander.ts'
import { connectRaw, type RawSocket, upgradeOf, upgradeRaw } from './raw-socket.ts'
import { frameOf } from './wire.ts'

const log = await startLog(t)
const gateway = await startGateway(t, log.server.url, {
  AUTH_MODE: 'token',
  MAX_CONNECTIONS_PER_ADDRESS: '10000',
  MAX_UNAUTHENTICATED_PER_ADDRESS: '1000'
})
const token = await tokenFor('alice', SECRET)
const good = await bystander(t, log, gateway, { token })

async function answerTo(t: Test, request: string | Buffer): Promise<number | 'cut'> {
  const raw = await connectRaw(t, gateway)
  raw.stream.write(request)
  return raw.answered
}

const without = (name: string) => upgradeOf().replace(new RegExp(`^${name}: .*\r\n`, 'm'), '')

const head = (line: string, ...headers: readonly string[]) =>
  [line, 'Host: gateway.test', ...headers, '\r\n'].join('\r\n')

/** Bytes that a server need not have read before it answers. */
const LONG = 16 * 1024

/** Bytes that blow up a thousandfold. */
const bomb = gzipSync(Buffer.alloc(60_000_000))

/** What is no upgrade of ours, and the status that it gets. */
const refused: Readonly<Record<string, readonly [status: number, request: string | Buffer]>> = {
  'another version': [400, upgradeOf({ 'Sec-WebSocket-Version': '7' })],
  'no key': [400, without('Sec-WebSocket-Key')],
  'a key that is none': [400, upgradeOf({ 'Sec-WebSocket-Key': 'short' })],
  'another subprotocol': [400, upgradeOf({ 'Sec-WebSocket-Protocol': 'other.v1' })],
  'a page of another origin': [403, upgradeOf({ Origin: 'https://evil.example' })],
  'a page of no origin': [403, upgradeOf({ Origin: 'null' })],
  'a page of an origin that ends as ours': [403, upgradeOf({ Origin: 'http://evil-gateway.test' })],
  'another path': [404, upgradeOf({}, '/other')],
  'a path that leads around': [404, upgradeOf({}, `/x/..${SOCKET_PATH}`)],
  'bytes that are no HTTP': [400, randomBytes(200)],
  'a body that is told twice': [
    400,
    `${head(`POST ${SOCKET_PATH} HTTP/1.1`, 'Content-Length: 5', 'Transfer-Encoding: chunked')}0\r\n\r\n`
  ],
  'two lengths': [400, `${head(`POST ${SOCKET_PATH} HTTP/1.1`, 'Content-Length: 5', 'Content-Length: 6')}hello!`],
  'a header of a megabyte': [431, `GET ${SOCKET_PATH} HTTP/1.1\r\nX-Long: ${'x'.repeat(1e6)}\r\n\r\n`],
  'ten thousand headers': [431, head(`GET ${SOCKET_PATH} HTTP/1.1`, ...Array(10_000).fill('X-Many: 1'))],
  'a compressed body that blows up': [
    400,
    Buffer.concat([
      Buffer.from(
        head(
          `POST ${SOCKET_PATH} HTTP/1.1`,
          'Content-Type: application/json',
          'Content-Encoding: gzip',
          `Content-Length: ${bomb.length}`
        )
      ),
      bomb
    ])
  ]
}

t.test('what is no upgrade of ours is refused before it becomes a socket', t =>
  good.served(t, async () => {
    for (const [what, [status, request]] of Object.entries(refused)) {
      const answer = await answerTo(t, request)
      // The gateway closes before it has read a long request. A client that still writes sees a reset instead.
      t.ok(answer === status || (request.length > LONG && answer === 'cut'), `${what}: ${answer}`)
    }
  })
)

t.test('another protocol than WebSocket is not switched to', async t => {
  t.not(await answerTo(t, upgradeOf({ Upgrade: 'h2c', 'HTTP2-Settings': 'AAMAAABkAAQCAAAAAAIAAAAA' })), 101)
})

t.test('whoever writes a name into headers is nobody, however he spells it', async t => {
  const smuggled: readonly Record<string, string>[] = [
    { 'X-User-ID': 'alice' },
    { 'x-user-id': 'alice', 'X-Forwarded-For': '127.0.0.1', 'X-Forwarded-User': 'alice' },
    { X_User_ID: 'alice' },
    { Cookie: `token=${token}; X-User-ID=alice` },
    { 'X-User-ID': 'alice', Forwarded: 'for=127.0.0.1', 'X-Real-IP': '127.0.0.1', 'X-Forwarded-Proto': 'https' },
    { Authorization: 'Basic YWxpY2U6YWxpY2U=' },
    { Authorization: `Bearer ${token}x` }
  ]
  for (const headers of smuggled) {
    const raw = await upgradeRaw(t, { port: gateway.port, headers }).catch(() => undefined)
    raw?.stream.write(frameOf('{"type":"auth"}'))
    t.notOk(raw && (await raw.ended) !== 4000, `${Object.keys(headers)}: no socket, or closed with 4000`)
    t.notOk(raw?.texts.some(text => text.includes('welcome')))
  }
})

t.test('what stands behind a header, on a line of its own, is no header', async t => {
  const folded = upgradeOf({ 'X-Folded': '1\r\n X-User-ID: alice' })
  const raw = await connectRaw(t, gateway)
  raw.stream.write(folded)
  const status = await raw.answered
  if (status !== 101) return
  raw.stream.write(frameOf('{"type":"auth"}'))
  t.equal(await raw.ended, 4000)
})

t.test('compression is offered and not agreed on: a bomb is a broken frame, and is not inflated', t =>
  good.served(t, async () => {
    const offers = ['permessage-deflate', 'permessage-deflate; client_max_window_bits=15; server_no_context_takeover']
    for (const offer of offers) {
      const raw = await upgradeRaw(t, { port: gateway.port, headers: { 'Sec-WebSocket-Extensions': offer } })
      raw.stream.write(frameOf(bomb.subarray(10, 60_000), { reserved: 4 }))
      t.equal(await raw.ended, 1002)
    }
  })
)

t.test('frames that come with the upgrade itself are read', async t => {
  const raw = await connectRaw(t, gateway)
  const auth = frameOf(JSON.stringify({ type: 'auth', token: `${token}x` }))
  raw.stream.write(Buffer.concat([Buffer.from(upgradeOf()), auth]))
  t.equal(await raw.ended, 4000)
})

const DRIBBLERS = 300

t.test(`cuts ${DRIBBLERS} clients that send their upgrade byte by byte, and serves others meanwhile`, t =>
  good.served(t, async () => {
    const sockets: RawSocket[] = await Promise.all(Array.from({ length: DRIBBLERS }, () => connectRaw(t, gateway)))
    const upgrade = upgradeOf({ 'X-Long': 'x'.repeat(10_000) })
    let at = 0
    const dribbling = setInterval(() => {
      for (const { stream } of sockets) if (stream.writable) stream.write(upgrade.charAt(at))
      at++
    }, 100)
    t.teardown(() => clearInterval(dribbling))

    const newcomer = await connect(t, gateway, { token })
    await subscribe(newcomer)
    newcomer.close()

    const answers = await Promise.all(sockets.map(({ answered }) => answered))
    await Promise.all(sockets.map(({ gone }) => gone))
    // One byte in 100 ms, and ten seconds to send all. Node itself would look after 30 seconds.
    t.ok(at < 300, `cut after ${at} bytes`)
    t.ok(answers.includes(408))
    // A byte that is written while the gateway closes resets the connection, and its answer may be lost.
    t.same(new Set(answers.filter(answer => answer !== 'cut')), new Set([408]))
  })
)
