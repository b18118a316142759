import assert from 'node:assert/strict'
import slotOf from 'cluster-key-slot'
import fc from 'fast-check'
import t from 'tap'
import {
  CHANNELS,
  channelOfProducer,
  DEAD_LETTER_KEY,
  forgetKey,
  gatewayGroup,
  headKey,
  INBOX_KEY,
  logKey,
  PRODUCER_BASE,
  PRODUCER_CHANNELS,
  producerChannel,
  seenKey,
  slotKey,
  slotOfGroup,
  statesKey,
  UNIFIED_KEY,
  UNIFIED_POSITIONS_KEY,
  unifiedEndedKey,
  unifiedEndsKey,
  unifiedStatesKey
} from '../../src/index.ts'

const ofLog = [logKey, headKey, seenKey, statesKey, forgetKey]

const ofPatterns = CHANNELS.flatMap(channel => [
  unifiedStatesKey(channel),
  unifiedEndsKey(channel),
  unifiedEndedKey(channel)
])

t.test('the keys that one script touches share a slot of a cluster', async t => {
  for (const channel of CHANNELS) {
    t.equal(new Set(ofLog.map(key => slotOf(key(channel)))).size, 1, channel)
  }
  t.equal(new Set([UNIFIED_KEY, UNIFIED_POSITIONS_KEY, ...ofPatterns].map(slotOf)).size, 1)
})

t.test('the channels lie in different slots, so a cluster shares their load', async t => {
  t.equal(new Set(CHANNELS.map(channel => slotOf(logKey(channel)))).size, CHANNELS.length)
})

t.test('no two things have one name', async t => {
  const keys = [
    UNIFIED_KEY,
    UNIFIED_POSITIONS_KEY,
    ...ofPatterns,
    INBOX_KEY,
    DEAD_LETTER_KEY,
    ...CHANNELS.flatMap(channel => ofLog.map(key => key(channel))),
    ...[0, 1].map(slotKey)
  ]

  t.equal(new Set(keys).size, keys.length)
  t.ok(keys.every(key => key.includes('tickstock:')))
  t.not(gatewayGroup(0), gatewayGroup(1))
})

t.test('a pub/sub channel of a producer names the channel of the log', async t => {
  for (const channel of CHANNELS) t.equal(channelOfProducer(producerChannel(channel)), channel)
  t.same(PRODUCER_CHANNELS, [
    'tickstock.events.patterns',
    'tickstock.events.patterns.daily',
    'tickstock.events.patterns.intraday',
    'tickstock.events.patterns.combo'
  ])
})

t.test('the base name and strange names say no channel', async t => {
  const strange = [
    '',
    'daily',
    '.daily',
    'tickstock.events.patternsXdaily',
    'tickstock.events.patterns.',
    'tickstock.events.patterns.weekly'
  ]
  for (const name of [PRODUCER_BASE, ...strange]) t.equal(channelOfProducer(name), undefined, name)

  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.string(), name => {
        fc.pre(!PRODUCER_CHANNELS.includes(name))
        assert.equal(channelOfProducer(name), undefined)
      })
    )
  )
})

t.test('a consumer group says whose slot it is of', async t => {
  t.doesNotThrow(() =>
    fc.assert(fc.property(fc.nat({ max: 1023 }), slot => assert.equal(slotOfGroup(gatewayGroup(slot)), slot)))
  )
  for (const name of ['', 'ingest', 'gateway-', 'gateway-x', 'gateway-1-2', 'my-gateway-1', 'gateway-12345']) {
    t.equal(slotOfGroup(name), undefined, name)
  }
})
