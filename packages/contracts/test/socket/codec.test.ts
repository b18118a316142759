import assert from 'node:assert/strict'
import type { TSchema } from '@sinclair/typebox'
import fc from 'fast-check'
import t from 'tap'
import { ClientMessage, decodeClientFrame, decodeServerFrame, ProtocolError, ServerMessage } from '../../src/index.ts'
import { arbitraryOf } from '../arbitrary.ts'

const sides: readonly [string, (text: string) => unknown[], TSchema & { anyOf: TSchema[] }][] = [
  ['client', decodeClientFrame, ClientMessage],
  ['server', decodeServerFrame, ServerMessage]
]

for (const [side, decode, schema] of sides) {
  t.test(`each message that a ${side} may send is decoded as it was sent`, async t => {
    for (const member of schema.anyOf) {
      t.doesNotThrow(() =>
        fc.assert(
          fc.property(arbitraryOf(member), message => {
            const text = JSON.stringify(message)
            assert.deepEqual(decode(text), [JSON.parse(text)])
          }),
          { numRuns: 50 }
        )
      )
    }
  })

  t.test(`several messages of a ${side} in one frame keep their order`, async t => {
    t.doesNotThrow(() =>
      fc.assert(
        fc.property(fc.array(arbitraryOf(schema), { maxLength: 8 }), messages => {
          const text = JSON.stringify(messages)
          assert.deepEqual(decode(text), JSON.parse(text))
        }),
        { numRuns: 50 }
      )
    )
  })
}

t.test('messages of a type that this release does not know are ignored, the others of the frame are not', async t => {
  const frame = [{ type: 'halted', by: 3 }, { type: 'drain', within_ms: 10 }, { type: 'quote' }]

  t.same(decodeServerFrame(JSON.stringify(frame)), [{ type: 'drain', within_ms: 10 }])
  t.same(decodeClientFrame('{"type":"replay","times":5}'), [])
})

t.test('fields that this release does not know are let through', async t => {
  t.same(decodeClientFrame('{"type":"ping","later":true}'), [{ type: 'ping', later: true }])
})

t.test('what is not a message is refused, and told why', async t => {
  for (const text of ['', '{', 'null', '7', '"auth"', '{}', '{"type":1}', '[[]]', '[{"type":"ping"},null]']) {
    t.throws(() => decodeClientFrame(text), ProtocolError, text)
  }
})

t.test('a corrupt message names its type and the field', async t => {
  const refusals: [unknown, RegExp][] = [
    [{ type: 'subscribe', id: 's', from: 'now' }, /^subscribe\.channel: /],
    [{ type: 'subscribe', id: 's', channel: 'daily', from: 'then' }, /^subscribe\.from: /],
    [{ type: 'subscribe', id: '', channel: 'daily', from: 'now' }, /^subscribe\.id: /],
    [
      { type: 'subscribe', id: 's', channel: 'daily', from: 'now', filter: { symbols: ['aapl'] } },
      /^subscribe\.filter\.symbols\.0: /
    ],
    [
      { type: 'subscribe', id: 's', channel: 'daily', from: 'now', filter: { sector: 'x' } },
      /^subscribe\.filter\.sector: /
    ],
    [{ type: 'ping', id: 4 }, /^ping\.id: /]
  ]

  for (const [message, expected] of refusals) {
    t.throws(() => decodeClientFrame(JSON.stringify(message)), { name: 'ProtocolError', message: expected })
  }
})

t.test('no field of a message can be taken away unnoticed, unless it is optional', async t => {
  const gap = {
    type: 'gap',
    feed: 'f',
    reason: 'expired',
    have: { epoch: 'e', offset: 1 },
    last: 1,
    next: { epoch: 'e', offset: 9 },
    action: 'rescan'
  }
  t.same(decodeServerFrame(JSON.stringify(gap)), [gap])

  for (const field of Object.keys(gap).filter(name => name !== 'type')) {
    const without = JSON.stringify({ ...gap, [field]: undefined })
    t.throws(() => decodeServerFrame(without), { message: new RegExp(`^gap\\.${field}: `) })
  }
})
