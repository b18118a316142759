import assert from 'node:assert/strict'
import type { Channel } from '@tickstock/contracts'
import fc from 'fast-check'
import t from 'tap'
import { normalise } from '../../../src/domain/normalise/normalise.ts'
import { PAYLOAD_LIMIT } from '../../../src/domain/normalise/payload.ts'
import { UnreadableEventError, type UnreadableReason } from '../../../src/domain/normalise/unreadable.ts'

const HOUR = 3_600_000
const DETECTED = 1_753_108_200_123
const PUBLISHED = 1_753_108_201_456

const LATEST = Date.UTC(2100, 0)

const read = (value: unknown, channel?: Channel) =>
  normalise(value instanceof Buffer ? value : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)), {
    channel,
    patternTtlMs: HOUR,
    latest: LATEST
  })

const said = {
  symbol: 'AAPL',
  pattern: 'Bull_Flag',
  confidence: 0.85,
  current_price: 150.25,
  price_change: 2.3,
  timestamp: DETECTED / 1000,
  timeframe: '5min',
  source: 'intraday',
  indicators: { relative_strength: 1.4, relative_volume: 2.1, rsi: 61 }
}
const envelope = {
  event_type: 'pattern_detected',
  source: 'TickStockPL',
  timestamp: PUBLISHED / 1000,
  flow_id: 'flow-1'
}

const understood = {
  id: 'flow-1',
  published_at: PUBLISHED,
  kind: 'pattern_detected',
  pattern: {
    id: `AAPL:Bull_Flag:5min:${DETECTED}`,
    symbol: 'AAPL',
    pattern: 'Bull_Flag',
    channel: 'intraday',
    timeframe: '5min',
    detected_at: DETECTED,
    confidence: 0.85,
    price: 150.25,
    change: 2.3,
    indicators: { relative_strength: 1.4, relative_volume: 2.1, rsi: 61 },
    expires_at: PUBLISHED + HOUR,
    updated_at: PUBLISHED,
    synthetic: false
  }
}

t.test('every way in which producers write the same event is the same event', async t => {
  const { pattern, timestamp, current_price, ...rest } = said
  const variants: Record<string, unknown> = {
    'data nested once': { ...envelope, data: said },
    'data nested twice': { ...envelope, data: { ...envelope, data: said } },
    'nested twice, the inner envelope empty': { ...envelope, data: { data: said } },
    'not nested': { ...envelope, ...said, detected_at: timestamp, timestamp: envelope.timestamp },
    pattern_name: { ...envelope, data: { ...rest, timestamp, current_price, pattern_name: pattern } },
    pattern_type: { ...envelope, data: { ...rest, timestamp, current_price, pattern: '', pattern_type: pattern } },
    detected_at: { ...envelope, data: { ...rest, pattern, current_price, detected_at: timestamp } },
    price: { ...envelope, data: { ...rest, pattern, timestamp, price: current_price } },
    'times as milliseconds': { ...envelope, timestamp: PUBLISHED, data: { ...said, timestamp: DETECTED } },
    'times as numeric text': { ...envelope, timestamp: `${PUBLISHED}`, data: { ...said, timestamp: `${timestamp}` } },
    'times as ISO text': {
      ...envelope,
      timestamp: new Date(PUBLISHED).toISOString(),
      data: { ...said, timestamp: new Date(DETECTED).toISOString() }
    },
    'ISO text without offset, microseconds': {
      ...envelope,
      timestamp: '2025-07-21T14:30:01.456789',
      data: { ...said, timestamp: '2025-07-21 14:30:00.123456' }
    },
    'ISO text of another zone': {
      ...envelope,
      timestamp: '2025-07-21T10:30:01.456-04:00',
      data: { ...said, timestamp: '2025-07-21T16:30:00.123+0200' }
    },
    'other cases': {
      ...envelope,
      event_type: 'PATTERN_DETECTED',
      data: { ...said, symbol: ' aapl ', source: 'INTRADAY', timeframe: '5Min' }
    },
    tier: { ...envelope, data: { ...said, source: 'scanner', tier: 'Intraday' } },
    channel: { ...envelope, channel: 'Intraday', data: { ...said, source: 'scanner', timeframe: '5min' } },
    'the timeframe alone names the channel': { ...envelope, data: { ...said, source: undefined } },
    'numbers as text': { ...envelope, data: { ...said, confidence: '0.85', current_price: '150.25' } },
    'indicators of any case and order, one unknown': {
      ...envelope,
      data: {
        ...said,
        indicators: { RSI: 61, macd: null, Relative_Volume: 2.1, relative_strength: '1.4' }
      }
    },
    'confidence and change in percent, with the sign': {
      ...envelope,
      data: { ...said, confidence: '85 %', price_change: '+2.3%' }
    },
    'a byte order mark': `\ufeff${JSON.stringify({ ...envelope, data: said })}`,
    'no event_type': { ...envelope, event_type: null, data: said }
  }
  for (const [name, event] of Object.entries(variants)) t.same(read(event), understood, name)
})

t.test('the way in names the channel before the event does', async t => {
  t.equal(read({ ...envelope, data: said }, 'combo').pattern.channel, 'combo')
  const untold = { ...said, source: undefined, timeframe: undefined }
  t.match(read(untold, 'daily').pattern, { channel: 'daily', timeframe: 'daily' })
})

t.test('the timeframe of an event tells its channel', async t => {
  const channels = {
    '1m': 'intraday',
    '15 Minutes': 'intraday',
    '1H': 'intraday',
    hourly: 'intraday',
    Daily: 'daily',
    '1d': 'daily',
    combo: 'combo'
  }
  for (const [timeframe, channel] of Object.entries(channels)) {
    t.equal(read({ ...said, source: 'scanner', timeframe }).pattern.channel, channel, timeframe)
  }
})

t.test('what is not said is not known, never zero', async t => {
  const event = read({
    symbol: 'MSFT',
    pattern: 'Doji',
    confidence: 0,
    timestamp: DETECTED,
    source: 'daily',
    indicators: null
  })
  t.match(event, {
    published_at: DETECTED,
    pattern: {
      timeframe: 'daily',
      confidence: 0,
      price: null,
      change: null,
      indicators: {},
      expires_at: DETECTED + HOUR
    }
  })
  t.match(read({ ...said, current_price: 0 }).pattern, { price: null }, 'that is how producers write it')
})

t.test('an indicator that is no number, or none that it can have, is not known, and kept as it was said', async t => {
  const indicators = { rsi: 101, relative_volume: -1, trend: 'up', 'MA 50': 3, on: true, macd: null }
  const { pattern } = read({ ...said, indicators })
  t.match(pattern, {
    indicators: {},
    extra: { indicators: { rsi: 101, relative_volume: -1, trend: 'up', 'MA 50': 3 } }
  })
  t.match(read({ ...said, indicators: [1] }).pattern, { indicators: {}, extra: { indicators: { 0: 1 } } })
})

t.test('fields that nobody knows are kept, in order of name; of equal names the innermost', async t => {
  const { pattern } = read({
    ...envelope,
    host: 'a',
    run: 7,
    data: { data: { ...said, host: 'b', data: 'raw', bars: [1, { at: 2 }] } }
  })
  t.same(
    pattern.id === understood.pattern.id && 'extra' in pattern && JSON.stringify(pattern.extra),
    '{"bars":[1,{"at":2}],"data":"raw","host":"b","run":7}'
  )
  t.notOk('extra' in read({ ...said, note: null }).pattern, 'null says nothing')
  t.not(read({ ...said, note: 'a' }).id, read({ ...said, note: 'b' }).id, 'they are part of what is said')
})

t.test('a pattern lives as long as it says, or an hour from its publication', async t => {
  t.match(read({ ...said, expires_at: '2025-07-22T00:00:00Z' }).pattern, { expires_at: 1_753_142_400_000 })
  t.match(read({ ...said, expires_at: null }).pattern, { expires_at: DETECTED + HOUR })
})

t.test('what the log could not hold is refused, even if it is us who say it', async t => {
  const endless = () =>
    normalise(Buffer.from(JSON.stringify(said)), {
      channel: 'daily',
      patternTtlMs: Number.MAX_SAFE_INTEGER,
      latest: LATEST
    })
  t.throws(endless, { name: 'UnreadableEventError', reason: 'invalid', message: /: Expected / })
})

t.test('what is derived or replayed says so', async t => {
  t.match(read({ ...said, synthetic: true, replayed_from: '2011-03-04' }).pattern, {
    synthetic: true,
    replayed_from: 1_299_196_800_000
  })
})

t.test('what happens in the future is refused, whoever says it: the pattern or its envelope', async t => {
  const refused = (value: unknown) => {
    assert.throws(() => read(value), { name: 'UnreadableEventError', reason: 'future' })
    t.pass(JSON.stringify(value))
  }
  refused({ ...envelope, data: { ...said, timestamp: LATEST + 1 } })
  refused({ ...envelope, timestamp: LATEST + 1, data: said })
  refused({ ...envelope, event_type: 'pattern_expired', data: { ...said, timestamp: LATEST + 1 } })
  refused({ ...said, expires_at: LATEST + 367 * 24 * HOUR })
  t.equal(read({ ...envelope, data: { ...said, timestamp: LATEST } }).pattern.detected_at, LATEST)
})

t.test('NaN and Infinity, as Python writes them, are unknown numbers', async t => {
  const text = JSON.stringify({ ...said, note: 'NaN "Infinity" \\' })
  const event = read(text.replace('61', 'NaN').replace('2.1', '-Infinity').replace('150.25', 'NaN'))
  t.match(event.pattern, { price: null, indicators: { relative_strength: 1.4 } })
})

t.test('an expiry needs no more than the identity', async t => {
  const event = read({
    event_type: 'pattern_expired',
    flow_id: 'flow-1',
    timestamp: PUBLISHED,
    data: { symbol: 'AAPL', pattern: 'Bull_Flag', timeframe: '5min', detected_at: DETECTED }
  })
  const { id, symbol, pattern, channel, timeframe, detected_at } = understood.pattern
  t.same(event, {
    id: 'flow-1:expired',
    published_at: PUBLISHED,
    kind: 'pattern_expired',
    pattern: { id, symbol, pattern, channel, timeframe, detected_at }
  })
})

t.test('what does not say when it was published was published when it was detected', async t => {
  const { timestamp: _, ...untimed } = { ...said, detected_at: DETECTED }
  t.equal(read(untimed).published_at, DETECTED)
  t.equal(read({ ...untimed, event_type: 'pattern_expired' }).published_at, DETECTED)
})

t.test('one flow has a detection, an expiry, and as many updates as say something else', async t => {
  const id = (event_type: string, confidence: number) =>
    read({ ...envelope, event_type, data: { ...said, confidence } }).id
  t.equal(id('pattern_detected', 0.8), 'flow-1')
  t.equal(id('pattern_expired', 0.8), 'flow-1:expired')
  t.match(id('pattern_updated', 0.8), /^flow-1:updated:[0-9a-f]{16}$/)
  t.equal(id('pattern_updated', 0.8), id('pattern_updated', 0.8), 'said twice it is one')
  t.not(id('pattern_updated', 0.8), id('pattern_updated', 0.7))
})

t.test('a flow_id cannot pass for an id of ours, nor be too long for one', async t => {
  for (const flow_id of ['expired:x', 'sha256:x', 'x'.repeat(500)]) {
    t.match(read({ ...said, flow_id }).id, /^sha256:[0-9a-f]{64}$/)
  }
  const halves = ['\ud800', '\ud801'].map(flow_id => read({ ...said, flow_id }).id)
  t.equal(new Set(halves.map(id => Buffer.from(id).toString())).size, 2, 'two that UTF-8 cannot tell apart are two')
  t.match(read({ ...said, flow_id: '  ' }).id, /^sha256:/, 'a blank one is none')
  t.equal(read({ ...said, flow_id: 7 }).id, '7', 'a number is as good as text')
})

t.test('without a flow_id, events are one if kind, content and their own time are the same', async t => {
  const again = (event_type: string, timestamp: number) => read({ event_type, timestamp, data: said }).id
  for (const kind of ['pattern_detected', 'pattern_updated', 'pattern_expired']) {
    t.equal(again(kind, PUBLISHED), again(kind, PUBLISHED), kind)
    t.not(again(kind, PUBLISHED), again(kind, PUBLISHED + 1000), kind)
  }
  t.not(again('pattern_detected', PUBLISHED), again('pattern_updated', PUBLISHED))
  t.not(read(said).id, read({ ...said, confidence: 0.84 }).id)
})

/** Texts of JSON in which the integer is written as such, wherever a producer may write one. */
const writtenWith = (integer: bigint): string[] => [
  `{ "run": ${integer}, "data": ${JSON.stringify(said)} }`,
  JSON.stringify({ ...envelope, data: said }).replace('"flow-1"', `${integer}`),
  JSON.stringify({ ...said, note: [] }).replace('[]', `[${integer},{"a":\n${integer}}]`),
  JSON.stringify(said).replace('61', `61,"macd":NaN,"Order No":${integer}`)
]

t.test('integers of any size arrive exactly, and two different ones are two events', async () => {
  const nearLimit = fc.bigInt({ min: 2n ** 53n - 4n, max: 2n ** 53n + 4n })
  const integer = fc.oneof(nearLimit, fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }))
  fc.assert(
    fc.property(integer, integer, (one, other) => {
      const exact = one >= -(2n ** 53n) + 1n && one <= 2n ** 53n - 1n ? Number(one) : `${one}`
      const [inEnvelope, asFlow, nested, asIndicator] = writtenWith(one).map(text => read(text))

      assert.deepEqual(inEnvelope?.pattern, { ...inEnvelope?.pattern, extra: { run: exact } })
      assert.equal(asFlow?.id, `${one}`)
      assert.deepEqual(nested?.pattern, { ...nested?.pattern, extra: { note: [exact, { a: exact }] } })
      assert.deepEqual(asIndicator?.pattern, { ...asIndicator?.pattern, extra: { indicators: { 'Order No': exact } } })
      for (const [at, text] of writtenWith(other).entries()) {
        assert.equal(read(text).id === read(writtenWith(one)[at] ?? '').id, one === other)
      }
    }),
    { numRuns: 300 }
  )
})

t.test('large numbers that are no integers, and texts of digits, stay what they are', async t => {
  const { pattern } = read(
    JSON.stringify({ ...said, text: '[1234567890123456789]', fraction: 0 }).replace(
      '"fraction":0',
      '"fraction":0.12345678901234566,"float":1.5e300,"whole":1234567890123456789.0,"last":-1234567890123456789'
    )
  )
  t.match(pattern, {
    extra: {
      text: '[1234567890123456789]',
      fraction: 0.123_456_789_012_345_66,
      float: 1.5e300,
      whole: 1_234_567_890_123_456_800,
      last: '-1234567890123456789'
    }
  })
  t.match(read(JSON.stringify(said).replace('150.25', '12345678901234567890')).pattern, {
    price: 12_345_678_901_234_567_000
  })
})

t.test('what cannot be understood is refused with the reason', async t => {
  const wrong: [UnreadableReason, unknown][] = [
    ['not_json', 'hello'],
    ['not_json', ''],
    ['not_json', '{"a":"NaN'],
    ['not_json', '"'.padEnd(PAYLOAD_LIMIT, '\\"')],
    ['not_json', '['.repeat(100_000)],
    ['not_an_object', '[]'],
    ['not_an_object', `${'['.repeat(1000)}${']'.repeat(1000)}`],
    ['not_an_object', '1e999'],
    ['too_large', `{"symbol":"${'A'.repeat(10 * 1024 * 1024)}"}`],
    ['no_pattern', {}],
    ['no_pattern', { data: { data: { data: said } } }],
    ['event_type', { ...said, event_type: 'heartbeat' }],
    ['symbol', { ...said, symbol: 'AA\u0000PL' }],
    ['symbol', { ...said, symbol: 7 }],
    ['symbol', { ...said, symbol: 'A'.repeat(17) }],
    ['pattern', { ...said, pattern: undefined }],
    ['pattern', { ...said, pattern: 'Bull\nFlag' }],
    ['channel', { ...said, source: 'weekly', timeframe: '1w' }],
    ['timeframe', { ...said, timeframe: '5min:AAPL' }],
    ['confidence', { ...said, confidence: undefined }],
    ['confidence', { ...said, confidence: 85 }],
    ['confidence', { ...said, confidence: '101%' }],
    ['confidence', { ...said, confidence: '%' }],
    ['price', { ...said, current_price: -0.01 }],
    ['price', { ...said, current_price: null, price: '-3' }],
    ['indicators', { ...said, indicators: Object.fromEntries(Array.from({ length: 65 }, (_, n) => [`i${n}`, n])) }],
    ['extra', { ...said, ...Object.fromEntries(Array.from({ length: 33 }, (_, n) => [`x${n}`, n])) }],
    ['extra', { ...said, note: 'x'.repeat(4096) }],
    ['extra', { ...said, deep: { a: { b: { c: { d: 1 } } } } }],
    ['extra', JSON.stringify(said).replace('{', `{"deep":${'['.repeat(50_000)}${']'.repeat(50_000)},`)],
    ['forbidden_name', JSON.stringify(said).replace('{', '{"__proto__":{"polluted":1},')],
    ['forbidden_name', JSON.stringify(said).replace('{', '{"\\u005f_proto__":{"polluted":1},')],
    ['forbidden_name', { ...said, note: { constructor: { prototype: 1 } } }],
    ['forbidden_name', JSON.stringify(said).replace('"rsi"', '"__proto__"')],
    ['ancient', { ...said, timestamp: 20_000 }],
    ['ancient', { ...envelope, timestamp: '1999-12-31', data: said }],
    ['not_utf8', Buffer.from([0x7b, 0xff, 0x7d])],
    ['confidence', { ...said, confidence: -0.1 }],
    ['confidence', JSON.stringify(said).replace('0.85', 'NaN')],
    ['confidence', JSON.stringify(said).replace('0.85', '1e999')],
    ['time', { ...said, timestamp: undefined }],
    ['time', { ...said, timestamp: 'yesterday' }],
    ['time', { ...said, timestamp: '2025-13-01T00:00:00Z' }],
    ['time', { ...said, timestamp: 0 }],
    ['time', { ...said, timestamp: 1e18 }],
    ['time', { ...said, timestamp: {} }],
    ['time', { ...said, expires_at: 'never' }],
    ['time', { event_type: 'pattern_expired', timestamp: PUBLISHED, data: { ...said, timestamp: undefined } }]
  ]
  for (const [reason, event] of wrong) {
    t.throws(
      () => read(event),
      { name: 'UnreadableEventError', reason },
      `${reason}: ${JSON.stringify(event).slice(0, 80)}`
    )
  }
})

t.test('what rounding puts beyond 0 or 1 is 0 or 1', async t => {
  t.match(read({ ...said, confidence: 1.000_000_1 }).pattern, { confidence: 1 })
  t.match(read({ ...said, confidence: -1e-9 }).pattern, { confidence: 0 })
})

t.test('a hostile name changes no object', async t => {
  t.throws(() => read(JSON.stringify(said).replace('"rsi":61', '"__proto__":{"polluted":1}')))
  t.equal(Reflect.get({}, 'polluted'), undefined)
})

t.test('what is synthetic never passes for traded', async t => {
  for (const synthetic of [true, 'True', 'yes', 1]) t.match(read({ ...said, synthetic }).pattern, { synthetic: true })
  for (const synthetic of [false, 'no', null, 0]) t.match(read({ ...said, synthetic }).pattern, { synthetic: false })
})

const event = fc.record({
  symbol: fc.constantFrom('AAPL', 'BRK.B', '^GSPC'),
  name: fc.constantFrom('Doji', 'Bull_Flag'),
  confidence: fc.double({ min: 0, max: 1, noNaN: true }),
  price: fc.option(fc.double({ min: 0, max: 1e6, noNaN: true })),
  detected: fc.integer({ min: 1_000_000_000_000, max: 2_000_000_000_000 }),
  published: fc.integer({ min: 1_000_000_000_000, max: 2_000_000_000_000 }),
  source: fc.constantFrom('daily', 'intraday', 'combo'),
  rsi: fc.option(fc.double({ min: 0, max: 100, noNaN: true })),
  flow: fc.option(fc.constantFrom('flow-1', 'flow-2')),
  note: fc.option(
    fc.oneof(fc.string({ maxLength: 20 }), fc.integer(), fc.dictionary(fc.constantFrom('a', 'b'), fc.boolean()))
  ),
  kind: fc.constantFrom('pattern_detected', 'pattern_updated', 'pattern_expired')
})
const shape = fc.record({
  nested: fc.constantFrom(0, 1, 2),
  nameUnder: fc.constantFrom('pattern', 'pattern_name', 'pattern_type'),
  priceUnder: fc.constantFrom('price', 'current_price'),
  sourceUnder: fc.constantFrom('source', 'tier', 'channel'),
  time: fc.constantFrom(
    (ms: number) => ms,
    (ms: number) => ms / 1000,
    (ms: number) => `${ms}`,
    (ms: number) => `${ms / 1000}`,
    (ms: number) => new Date(ms).toISOString(),
    (ms: number) => new Date(ms).toISOString().replace('T', ' ').replace('Z', '')
  ),
  upper: fc.boolean(),
  numbersAsText: fc.boolean(),
  noteOutside: fc.boolean(),
  markOfOrder: fc.boolean()
})
type Shape = typeof shape extends fc.Arbitrary<infer Value> ? Value : never
type Said = typeof event extends fc.Arbitrary<infer Value> ? Value : never

function written(of: Said, how: Shape): string {
  const cased = (text: string) => (how.upper ? text.toUpperCase() : text)
  const number = (value: number | null) => (how.numbersAsText && value !== null ? `${value}` : value)
  const note = { note: of.note }
  const pattern = {
    symbol: how.upper ? of.symbol : of.symbol.toLowerCase(),
    [how.nameUnder]: of.name,
    confidence: number(of.confidence),
    [how.priceUnder]: number(of.price),
    [how.sourceUnder]: cased(of.source),
    detected_at: how.time(of.detected),
    indicators: of.rsi === null ? null : { [cased('rsi')]: number(of.rsi) },
    ...(how.noteOutside ? {} : note)
  }
  const envelope = {
    event_type: cased(of.kind),
    timestamp: how.time(of.published),
    flow_id: of.flow,
    ...(how.noteOutside ? note : {})
  }
  const nested = [
    { ...envelope, ...pattern },
    { ...envelope, data: pattern },
    { ...envelope, data: { ...envelope, data: pattern } }
  ]
  return `${how.markOfOrder ? '\ufeff' : ''}${JSON.stringify(nested[how.nested])}`
}

t.test('any shape of the same event is equal, and has the same id', async () => {
  fc.assert(
    fc.property(event, shape, shape, (of, one, other) => {
      assert.deepEqual(read(written(of, one)), read(written(of, other)))
    }),
    { numRuns: 1000 }
  )
})

t.test('what is understood reads the same after it went through the log', async () => {
  fc.assert(
    fc.property(event, shape, (of, how) => {
      const understood = read(written(of, how))
      assert.deepEqual(JSON.parse(JSON.stringify(understood)), understood)
    }),
    { numRuns: 500 }
  )
})

t.test('whatever bytes come, they are an event or refused with a reason', async () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 200 }),
        fc.json().map(text => Buffer.from(text))
      ),
      bytes => {
        try {
          normalise(Buffer.from(bytes), { patternTtlMs: HOUR, latest: LATEST })
        } catch (error) {
          assert.ok(error instanceof UnreadableEventError)
        }
      }
    ),
    { numRuns: 1000 }
  )
})
