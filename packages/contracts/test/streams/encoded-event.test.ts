import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { asciiJson, encodeEvent, PatternEvent } from '../../src/index.ts'
import { arbitraryOf } from '../arbitrary.ts'

t.test(
  'what is encoded for the log is the event and nothing else, ASCII alone, and has the JSON of its pattern',
  async t => {
    t.doesNotThrow(() =>
      fc.assert(
        fc.property(arbitraryOf(PatternEvent), event => {
          const encoded = encodeEvent(event)

          assert.equal(encoded.event, event)
          assert.deepEqual(JSON.parse(encoded.json), JSON.parse(JSON.stringify(event)))
          assert.match(encoded.json, /^[\0-\x7f]*$/)
          assert.equal(
            encoded.patternJson,
            event.kind === 'pattern_expired' ? undefined : asciiJson(JSON.parse(encoded.json).pattern)
          )
        }),
        { numRuns: 300 }
      )
    )
  }
)

t.test('what is not ASCII is escaped, and read as it was', async t => {
  const text = asciiJson({ name: 'Zürich 📈' })
  t.equal(text, '{"name":"Z\\u00fcrich \\ud83d\\udcc8"}')
  t.same(JSON.parse(text), { name: 'Zürich 📈' })
})
