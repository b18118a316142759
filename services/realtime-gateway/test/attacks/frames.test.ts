import { randomBytes } from 'node:crypto'
import { SOCKET_LIMITS } from '@tickstock/contracts'
import { until } from '@tickstock/test-kit'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { startGateway, startLog } from '../gateway-fixture.ts'
import { bystander } from './bystander.ts'
import { type End, upgradeRaw } from './raw-socket.ts'
import { frameOf, OPCODES } from './wire.ts'

const log = await startLog(t)
const gateway = await startGateway(t, log.server.url, {
  MAX_CONNECTIONS_PER_ADDRESS: '10000',
  MAX_UNAUTHENTICATED_PER_ADDRESS: '1000'
})
const good = await bystander(t, log, gateway)

const AUTH = frameOf('{"type":"auth"}')

/** How it ends for a welcomed client that sends these bytes. */
async function after(t: Test, ...bytes: readonly Buffer[]): Promise<End> {
  const raw = await upgradeRaw(t, gateway)
  raw.stream.write(Buffer.concat([AUTH, ...bytes]))
  return raw.ended
}

const times = (count: number, frame: () => Buffer) => Buffer.concat(Array.from({ length: count }, frame))

const { continuation, text, binary, close, ping, pong } = OPCODES

/** What breaks RFC 6455, and the code that it names for it. */
const broken: Readonly<Record<string, readonly [code: number, ...frames: Buffer[]]>> = {
  'an unmasked frame': [1002, frameOf('{"type":"ping"}', { masked: false })],
  'a compressed frame where no compression was agreed on': [1002, frameOf('{"type":"ping"}', { reserved: 4 })],
  'a second reserved bit': [1002, frameOf('{"type":"ping"}', { reserved: 2 })],
  'a third reserved bit': [1002, frameOf('{"type":"ping"}', { reserved: 1 })],
  'a continuation of nothing': [1002, frameOf('x', { opcode: continuation })],
  'a message within a message': [1002, frameOf('"', { final: false }), frameOf('x')],
  'a ping in parts': [1002, frameOf('x', { opcode: ping, final: false })],
  'a ping that is too long': [1002, frameOf('x'.repeat(126), { opcode: ping })],
  'a compressed ping': [1002, frameOf('x', { opcode: ping, reserved: 4 })],
  'a close of one byte': [1002, frameOf('x', { opcode: close })],
  'a close with a code that is none': [1002, frameOf(Buffer.from([0x03, 0xed]), { opcode: close })],
  'a close whose reason is no text': [1007, frameOf(Buffer.from([0x03, 0xe8, 0xff]), { opcode: close })],
  'a text that is none': [1007, frameOf(Buffer.from([0xc3, 0x28]))],
  'a text that breaks off within a character': [
    1007,
    frameOf(Buffer.from([0xe2, 0x82]), { final: false }),
    frameOf('', { opcode: continuation })
  ],
  'a length beyond all': [1009, frameOf('', { claims: 2n ** 63n })],
  'a length of a gigabyte': [1009, frameOf('', { claims: 2n ** 30n })],
  'parts that come to too much': [
    1009,
    frameOf(randomText(), { final: false }),
    times(5, () => frameOf(randomText(), { opcode: continuation, final: false }))
  ],
  'a message of parts without end': [
    1008,
    frameOf('', { final: false }),
    times(1_100, () => frameOf('', { opcode: continuation, final: false }))
  ]
}

function randomText(): Buffer {
  return Buffer.alloc(SOCKET_LIMITS.messageBytes, 'x')
}

t.test('what is no WebSocket frame is cut with the code that the RFC has for it', t =>
  good.served(t, async () => {
    for (const [what, [code, ...frames]] of Object.entries(broken)) t.equal(await after(t, ...frames), code, what)
  })
)

t.test('every opcode that is reserved is cut', t =>
  good.served(t, async () => {
    for (const opcode of [3, 4, 5, 6, 7, 11, 12, 13, 14, 15]) t.equal(await after(t, frameOf('x', { opcode })), 1002)
  })
)

/** JSON that is no message of the protocol. Each is refused; who says five in a row is cut. */
const hostile: Readonly<Record<string, string>> = {
  'half an object': '{"type":"subscribe"',
  'a number': '42',
  nothing: '',
  null: 'null',
  'an array within an array': '[[{"type":"ping"}]]',
  'a type that is no text': '{"type":{"toString":"ping"}}',
  'a prototype': '{"__proto__":{"type":"ping"}}',
  'a constructor': '{"constructor":{"prototype":{"type":"ping"}}}',
  'a filter by a prototype': '{"type":"subscribe","id":"s","channel":"__proto__","from":"now"}',
  'a channel that all objects have': '{"type":"subscribe","id":"s","channel":"constructor","from":"now"}',
  'a position that is none': '{"type":"subscribe","id":"s","channel":"daily","from":{"epoch":"e","offset":-1}}',
  'an offset beyond all': '{"type":"subscribe","id":"s","channel":"daily","from":{"epoch":"e","offset":1e999}}',
  'an offset of text': '{"type":"subscribe","id":"s","channel":"daily","from":{"epoch":"e","offset":"1"}}',
  'credits below nothing': '{"type":"pull","credits":-1}',
  'credits beyond all': '{"type":"pull","credits":1e300}',
  'acknowledging nothing': '{"type":"ack","positions":{}}',
  'a filter of numbers': '{"type":"subscribe","id":"s","channel":"daily","from":"now","filter":{"symbols":[1,2]}}',
  'a filter that is an array': '{"type":"subscribe","id":"s","channel":"daily","from":"now","filter":[]}',
  'text with a byte order mark': '\uFEFF{"type":"ping"}',
  'a lone surrogate for a name': '{"type":"subscribe","id":"s","channel":"daily","from":"now","name":"\\ud800"}'
}

t.test('what is no message is refused, and who goes on is cut', t =>
  good.served(t, async () => {
    for (const [what, message] of Object.entries(hostile)) {
      const raw = await upgradeRaw(t, gateway)
      raw.stream.write(Buffer.concat([AUTH, times(5, () => frameOf(message))]))
      t.equal(await raw.ended, 4002, what)
      const errors = raw.texts.filter(text => text.includes('"type":"error"'))
      t.equal(errors.length, 5, `${what}: told each time why`)
      t.notOk(
        errors.some(text => text.includes('internal_error')),
        `${what}: ${errors[0]}`
      )
    }
  })
)

/** Messages of the protocol about what is not there. */
const unfounded: Readonly<Record<string, string>> = {
  'an id that is a prototype': '{"type":"unsubscribe","id":"__proto__"}',
  'a position of a prototype': '{"type":"ack","positions":{"__proto__":{"epoch":"e","offset":1}}}'
}

t.test('a well-formed message about what is not there is refused, and the connection stays', t =>
  good.served(t, async () => {
    for (const [what, message] of Object.entries(unfounded)) {
      const raw = await upgradeRaw(t, gateway)
      raw.stream.write(Buffer.concat([AUTH, times(8, () => frameOf(message)), frameOf('{"type":"ping"}')]))
      const count = (type: string) => raw.texts.filter(text => text.includes(`"type":"${type}"`)).length
      await until(() => count('pong') === 1 && count('error') === 8, { what })
      t.notOk(raw.texts.some(text => text.includes('internal_error')))
      raw.stream.destroy()
    }
  })
)

t.test('a frame that is not text is refused', async t => {
  t.equal(
    await after(
      t,
      times(5, () => frameOf('{"type":"ping"}', { opcode: binary }))
    ),
    4002
  )
})

t.test('messages of types that are unknown are left out, and count', t =>
  good.served(t, async () => {
    t.equal(
      await after(
        t,
        times(200, () => frameOf('{"type":"unheard"}'))
      ),
      4100
    )
    t.equal(
      await after(
        t,
        times(200, () => frameOf('[]'))
      ),
      4100
    )
  })
)

t.test('an array of more messages than a second allows is a flood, and one of far more is too large', t =>
  good.served(t, async () => {
    t.equal(await after(t, frameOf(`[${Array(51).fill('{"type":"ping"}')}]`)), 4100)
    t.equal(
      await after(
        t,
        times(5, () => frameOf(`[${Array(30_000).fill('0')}]`))
      ),
      4002
    )
    t.equal(await after(t, frameOf(`[${Array(30_000).fill('{}')}]`)), 4003)
  })
)

t.test('messages that come byte by byte, in parts with pings between them, or all at once are read as any', async t => {
  const raw = await upgradeRaw(t, gateway)
  const message = '{"type":"ping","id":"é"}'
  const parts = [...Buffer.from(message)].map((byte, at, { length }) =>
    frameOf(Buffer.from([byte]), { opcode: at === 0 ? text : continuation, final: at === length - 1 })
  )
  const between = frameOf('in between', { opcode: ping })
  const bytes = Buffer.concat([...parts.slice(0, 12), between, ...parts.slice(12)])
  raw.stream.write(AUTH)
  await until(() => raw.texts.length > 0, { what: 'the welcome' })

  for (const byte of bytes) raw.stream.write(Buffer.from([byte]))
  raw.stream.write(Buffer.concat([frameOf(message), frameOf(`[${message},${message}]`)]))
  raw.stream.write(frameOf(Buffer.from([0x03, 0xe8]), { opcode: close }))

  t.equal(await raw.ended, 1000)
  t.equal(raw.texts.filter(text => text.includes('"pong"') && text.includes('"id":"é"')).length, 4)
  t.equal(raw.pongs(), 1)
})

t.test('what comes after a close is not read', async t => {
  const closing = frameOf(Buffer.from([0x03, 0xe8]), { opcode: close })
  const raw = await upgradeRaw(t, gateway)
  raw.stream.write(Buffer.concat([AUTH, closing, times(1_000, () => frameOf('{"type":"ping"}'))]))

  t.equal(await raw.ended, 1000)
  await raw.gone
  t.notOk(raw.texts.some(text => text.includes('pong')))
})

t.test('whoever was cut and goes on sending is not read, and is gone soon', t =>
  good.served(t, async () => {
    const raw = await upgradeRaw(t, { port: gateway.port, stubborn: true })
    const flood = times(2_000, () => frameOf('x', { opcode: ping }))
    raw.stream.write(Buffer.concat([AUTH, times(5, () => frameOf('no message'))]))
    t.equal(await raw.ended, 4002)
    const before = raw.pongs()
    const flooding = setInterval(() => raw.stream.write(flood), 1)
    t.teardown(() => clearInterval(flooding))

    await raw.gone
    t.equal(raw.pongs(), before)
  })
)

t.test('whatever bytes come, nobody else notices', t =>
  good.served(t, () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.oneof(
            fc.uint8Array({ maxLength: 60 }).map(bytes => Buffer.from(bytes)),
            fc
              .record({
                opcode: fc.constantFrom(continuation, text, text, binary, ping, pong, close, 3, 11),
                final: fc.boolean(),
                reserved: fc.constantFrom(0, 0, 0, 0, 4),
                masked: fc.constantFrom(true, true, true, false),
                payload: fc.oneof(
                  fc.uint8Array({ maxLength: 130 }).map(bytes => Buffer.from(bytes)),
                  fc.json().map(json => Buffer.from(json)),
                  fc.constantFrom(...Object.values(hostile), '{"type":"auth"}').map(json => Buffer.from(json))
                )
              })
              .map(({ payload, ...options }) => frameOf(payload, options))
          ),
          { maxLength: 12 }
        ),
        async chunks => {
          const raw = await upgradeRaw(t, gateway)
          raw.stream.write(Buffer.concat(chunks))
          raw.stream.end()
          await raw.gone
          return !raw.texts.some(text => text.includes('internal_error'))
        }
      ),
      { numRuns: 300 }
    )
  )
)

t.test('random noise is cut at once', t =>
  good.served(t, async () => {
    for (let round = 0; round < 50; round++) {
      const raw = await upgradeRaw(t, gateway)
      raw.stream.write(randomBytes(100_000))
      await raw.gone
    }
  })
)

t.test('after all that the gateway is ready', async t => {
  t.equal((await fetch(`${gateway.url}/health/ready`)).status, 200)
})
