import fc from 'fast-check'
import t from 'tap'
import { Ring } from '../../src/domain/ring.ts'
import { entryOf } from './fixtures.ts'

t.test('it holds the newest entries, each at its offset', async t => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.nat(50), fc.nat(40), (size, start, count) => {
        const ring = new Ring({ epoch: 'e', offset: start }, { entries: size, bytes: 1e9 })
        for (let at = 1; at <= count; at++) ring.push(entryOf('e', start + at))
        const held = Array.from({ length: start + count + 2 }, (_, at) => ring.at(at)?.offset).filter(
          at => at !== undefined
        )
        const expected = Array.from(
          { length: Math.min(size, count) },
          (_, at) => start + count - Math.min(size, count) + 1 + at
        )
        return ring.size === held.length && JSON.stringify(held) === JSON.stringify(expected)
      })
    )
  )
})

t.test('it keeps its bound of bytes, but always the newest', async t => {
  const size = entryOf('e', 1).json.length
  const ring = new Ring({ epoch: 'e', offset: 0 }, { entries: 100, bytes: size * 3 })
  for (let at = 1; at < 9; at++) ring.push(entryOf('e', at))
  t.match({ size: ring.size, bytes: ring.bytes, base: ring.base }, { size: 3, bytes: size * 3, base: 5 })

  const tiny = new Ring({ epoch: 'e', offset: 0 }, { entries: 100, bytes: 1 })
  tiny.push(entryOf('e', 1))
  t.equal(tiny.at(1)?.offset, 1)
})

t.test('it takes no entry that would leave a hole', async t => {
  const ring = new Ring({ epoch: 'e', offset: 5 }, { entries: 4, bytes: 1e9 })
  for (const wrong of [entryOf('e', 5), entryOf('e', 7), entryOf('other', 6)])
    t.throws(() => ring.push(wrong), RangeError)
  ring.push(entryOf('e', 6))
  ring.restart({ epoch: 'other', offset: 0 })
  ring.push(entryOf('other', 1))
  t.equal(ring.at(6), undefined)
})
