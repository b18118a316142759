import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { CLOSE_CODES, reconnectAfter } from '../../src/index.ts'

t.test('the range of a close code says what to do, whatever the code', async t => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 65_535 }), code => {
        const hundreds = Math.floor(code / 100)
        assert.equal(reconnectAfter(code), hundreds === 40 ? 'stop' : hundreds === 42 ? 'resume' : 'back_off')
      })
    )
  )
})

t.test('the edges of the ranges', async t => {
  t.same([3999, 4000, 4099, 4100, 4199, 4200, 4299, 4300].map(reconnectAfter), [
    'back_off',
    'stop',
    'stop',
    'back_off',
    'back_off',
    'resume',
    'resume',
    'back_off'
  ])
})

t.test('whose auth was late comes again: it may have been the line', async t => {
  t.equal(reconnectAfter(CLOSE_CODES.auth_timeout), 'back_off')
})

t.test('every code of ours stands in one of the three ranges, once', async t => {
  const codes = Object.values(CLOSE_CODES)

  t.ok(codes.every(code => code >= 4000 && code < 4300))
  t.equal(new Set(codes).size, codes.length)
  t.equal(reconnectAfter(CLOSE_CODES.unauthenticated), 'stop')
  t.equal(reconnectAfter(CLOSE_CODES.overloaded), 'back_off')
  t.equal(reconnectAfter(CLOSE_CODES.draining), 'resume')
})
