import { SOCKET_LIMITS } from '@tickstock/contracts'
import { tokenFor, until } from '@tickstock/test-kit'
import t, { type Test } from 'tap'
import { SECRET, startGateway, startLog } from '../gateway-fixture.ts'
import { bystander } from './bystander.ts'
import { type RawSocket, upgradeRaw } from './raw-socket.ts'
import { frameOf, OPCODES } from './wire.ts'

const log = await startLog(t)
const gateway = await startGateway(t, log.server.url, {
  MAX_CONNECTIONS_PER_USER: '1000',
  MAX_CONNECTIONS_PER_ADDRESS: '10000',
  MAX_UNAUTHENTICATED_PER_ADDRESS: '1000'
})
const token = await tokenFor('mallory', SECRET)
const good = await bystander(t, log, gateway)

const ATTACKERS = 20

/** A second's worth, and twice as much again. */
const FLOOD = 3 * SOCKET_LIMITS.messagesPerSecond

async function enter(t: Test): Promise<RawSocket> {
  const raw = await upgradeRaw(t, gateway)
  raw.stream.write(frameOf(JSON.stringify({ type: 'auth', token })))
  await until(() => raw.texts.some(text => text.includes('"type":"welcome"')))
  return raw
}

const attackers = (t: Test) => Promise.all(Array.from({ length: ATTACKERS }, () => enter(t)))

const joined = (count: number, frame: (at: number) => Buffer) =>
  Buffer.concat(Array.from({ length: count }, (_, at) => frame(at)))

const message = (value: object) => frameOf(JSON.stringify(value))

const position = { epoch: 'none', offset: 1 }

/** As many symbols as a filter may have. */
const symbols = (mark: string) => Array.from({ length: 1_000 }, (_, at) => `${mark}.${at}`)

/** What floods, and what becomes of who sends it: 4100 by the rate, 4002 where each is refused, 0 for whichever comes first. */
const floods: Readonly<Record<string, readonly [code: number, frame: (at: number) => Buffer]>> = {
  'pings of the protocol': [4100, at => message({ type: 'ping', id: `${at}` })],
  'pings of the WebSocket': [4100, () => frameOf('x'.repeat(125), { opcode: OPCODES.ping })],
  'pongs that nobody asked for': [4100, () => frameOf('', { opcode: OPCODES.pong })],
  'messages of types that are unknown': [4100, () => message({ type: 'unheard', of: 'x'.repeat(10_000) })],
  'new tokens': [4100, () => message({ type: 'refresh', token })],
  'tokens that are none': [0, () => message({ type: 'refresh', token: 'x.y.z' })],
  'credits for nothing': [4002, () => message({ type: 'pull', credits: SOCKET_LIMITS.credits })],
  'acknowledgements of nothing': [0, at => message({ type: 'ack', positions: { [`${at}`]: position } })],
  'ends of nothing': [4002, at => message({ type: 'unsubscribe', id: `${at}` })],
  'messages as long as they may be, and refused': [
    4002,
    () =>
      message({
        type: 'subscribe',
        id: 's',
        channel: 'none',
        from: 'now',
        filter: { symbols: Array(60).fill('A'.repeat(1_000)) }
      })
  ]
}

for (const [what, [code, frame]] of Object.entries(floods)) {
  t.test(`${ATTACKERS} who flood with ${what} are cut, and hold nobody up`, t =>
    good.served(t, async () => {
      const sockets = await attackers(t)
      const flood = joined(FLOOD, frame)
      for (const { stream } of sockets) stream.write(flood)

      const ends = await Promise.all(sockets.map(({ ended }) => ended))
      t.ok(
        ends.every(end => (code === 0 ? end === 4100 || end === 4002 : end === code)),
        `${[...new Set(ends)]}`
      )
      t.ok(
        sockets.every(raw => raw.pongs() < FLOOD),
        'and answered no more'
      )
    })
  )
}

t.test('who pulls and acknowledges for what there is, too often, is cut as anybody', t =>
  good.served(t, async () => {
    const sockets = await attackers(t)
    const subscribe = { type: 'subscribe', id: 's', channel: 'daily', from: 'now', name: 'kept', credits: 1 }
    for (const { stream } of sockets) stream.write(message(subscribe))
    await until(() => sockets.every(({ texts }) => texts.some(text => text.includes('"type":"subscribed"'))))

    for (const { stream } of sockets) stream.write(joined(FLOOD, () => message({ type: 'pull', id: 's', credits: 1 })))
    t.same(new Set(await Promise.all(sockets.map(({ ended }) => ended))), new Set([4100]))
  })
)

t.test('who subscribes and leaves again with filters as large as can be, as fast as allowed, holds nobody up', t =>
  good.served(t, async () => {
    const sockets = await attackers(t)
    const churn = (at: number, who: number) => {
      const filter = { symbols: symbols(`S${who}.${at}`) }
      return Buffer.concat([
        message({ type: 'subscribe', id: `${at}`, channel: 'daily', from: 'now', filter }),
        message({ type: 'unsubscribe', id: `${at}` })
      ])
    }
    const pairs = Math.floor(SOCKET_LIMITS.messagesPerSecond / 2) - 2
    for (const [who, { stream }] of sockets.entries()) stream.write(joined(pairs, at => churn(at, who)))
    const count = (kind: string, { texts }: RawSocket) => texts.filter(text => text.includes(`"type":"${kind}"`)).length
    await until(() => sockets.every(raw => count('unsubscribed', raw) === pairs))

    t.ok(sockets.every(raw => count('error', raw) === 0))
    await until(async () => /^gateway_subscriptions\S* 1$/m.test(await (await fetch(`${gateway.url}/metrics`)).text()))
  })
)

t.test(
  'more names than a socket may have are refused, whatever number of subscriptions they are spread over',
  async t => {
    const raw = await enter(t)
    const ask = (at: number) =>
      message({ type: 'subscribe', id: `${at}`, channel: 'daily', from: 'now', filter: { symbols: symbols(`S${at}`) } })
    raw.stream.write(joined(12, ask))

    t.equal(await raw.ended, 4004)
    t.equal(raw.texts.filter(text => text.includes('"type":"subscribed"')).length, SOCKET_LIMITS.names / 1_000)
  }
)

t.test('after all that the gateway holds the good one alone', async t => {
  await until(async () => /^gateway_connections\S* 1$/m.test(await (await fetch(`${gateway.url}/metrics`)).text()))
  t.equal((await fetch(`${gateway.url}/health/ready`)).status, 200)
})
