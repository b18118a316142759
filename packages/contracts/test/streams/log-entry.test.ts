import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import {
  CorruptLogEntryError,
  decodeLogEntry,
  encodeEvent,
  entryId,
  offsetOf,
  Pattern,
  PatternEvent,
  ThresholdValues,
  thresholdValuesOf
} from '../../src/index.ts'
import { arbitraryOf } from '../arbitrary.ts'

t.test('an offset is found by the id of its entry, and the other way round', async t => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), offset => {
        assert.equal(offsetOf(entryId(offset)), offset)
      })
    )
  )
})

t.test('an entry is decoded as it was written, its event ready to be sent on', async t => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(
        arbitraryOf(PatternEvent),
        fc.integer({ min: 1 }),
        fc.shuffledSubarray([0, 1, 2], { minLength: 3 }),
        (event, offset, order) => {
          const json = JSON.stringify(event)
          const pairs = [
            ['epoch', 'e1'],
            ['at', '1700000000000'],
            ['event', json]
          ]

          const entry = decodeLogEntry(
            entryId(offset),
            order.flatMap(at => pairs[at] ?? [])
          )

          assert.deepEqual(entry, {
            epoch: 'e1',
            offset,
            appendedAt: 1_700_000_000_000,
            event: JSON.parse(json),
            json,
            patternJson: undefined,
            before: undefined,
            late: false
          })
        }
      ),
      { numRuns: 100 }
    )
  )
})

t.test('an event whose text is known is not read again, any other is', async t => {
  const known = encodeEvent({
    id: 'x',
    published_at: 1,
    kind: 'pattern_expired',
    pattern: { id: 'p', symbol: 'A', pattern: 'Doji', channel: 'daily', timeframe: 'daily', detected_at: 1 }
  })
  const decode = (json: string) =>
    decodeLogEntry('4-0', ['epoch', 'e', 'at', '1', 'event', json], text => (text === known.json ? known : undefined))

  t.equal(decode(known.json).event, known.event)
  t.equal(decode(known.json).json, known.json)
  const other = decode(` ${known.json}`).event
  t.same(other, known.event)
  t.not(other, known.event)
})

t.test('a field that is missing is named', async t => {
  const event = JSON.stringify({
    id: 'x',
    published_at: 1,
    kind: 'pattern_expired',
    pattern: { id: 'p', symbol: 'A', pattern: 'Doji', channel: 'daily', timeframe: 'daily', detected_at: 1 }
  })
  const whole = { epoch: 'e', at: '1', event }
  t.equal(decodeLogEntry('4-0', Object.entries(whole).flat()).offset, 4)

  for (const name of Object.keys(whole)) {
    const fields = Object.entries(whole).filter(([key]) => key !== name)
    t.throws(() => decodeLogEntry('4-0', fields.flat()), new CorruptLogEntryError('4-0', `field ${name} is missing`))
  }
})

t.test('an entry that is corrupt says where', async t => {
  const decode = (event: string, at = '1', epoch = 'e') =>
    decodeLogEntry('9-0', ['epoch', epoch, 'at', at, 'event', event])

  t.throws(() => decode('{'), { name: 'CorruptLogEntryError', message: 'log entry 9-0: the event is not JSON' })
  t.throws(() => decode('{"kind":"pattern_detected"}'), { name: 'CorruptLogEntryError', message: /^log entry 9-0: / })
  t.throws(() => decode('null'), CorruptLogEntryError)
})

const expiry = JSON.stringify({
  id: 'late',
  published_at: 1,
  kind: 'pattern_expired',
  pattern: { id: 'before', symbol: 'A', pattern: 'Doji', channel: 'daily', timeframe: 'daily', detected_at: 1 }
})
const changed = (...change: string[]) => decodeLogEntry('9-0', ['epoch', 'late', 'at', '1', 'event', expiry, ...change])

t.test('an entry says which values its event replaces, or that it is late', async t => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(arbitraryOf(Pattern), pattern => {
        const before = thresholdValuesOf(pattern)
        assert.deepEqual(changed('before', JSON.stringify(before)).before, before)
        assert.deepEqual(before, {
          confidence: pattern.confidence,
          ...Object.fromEntries(
            Object.entries(pattern.indicators).filter(([name]) => name in ThresholdValues.properties)
          )
        })
      }),
      { numRuns: 100 }
    )
  )
  t.match(changed('late', '1'), { before: undefined, late: true })
  t.match(changed(), { epoch: 'late', before: undefined, late: false })
})

t.test('refuses values and marks that no writer writes', async t => {
  for (const before of ['', '1', '{', '{}', '{"confidence":2}', '{"confidence":1,"rsi":"high"}']) {
    t.throws(() => changed('before', before), { name: 'CorruptLogEntryError', message: /field before/ }, before)
  }
  for (const late of ['', '0', 'true']) {
    t.throws(() => changed('late', late), { name: 'CorruptLogEntryError', message: /field late/ }, late)
  }
})
