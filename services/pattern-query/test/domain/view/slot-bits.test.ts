import fc from 'fast-check'
import t from 'tap'
import { SlotBits } from '../../../src/domain/view/slot-bits.ts'

const slots = fc.uniqueArray(fc.integer({ min: 0, max: 999 }), { maxLength: 400 })

const bitsOf = (slots: readonly number[]): SlotBits => {
  const bits = new SlotBits()
  for (const slot of slots) {
    bits.grow(slot + 1)
    bits.set(slot)
  }
  return bits
}

const listOf = (bits: SlotBits): number[] => {
  const list: number[] = []
  bits.each(slot => {
    list.push(slot)
    return true
  })
  return list
}

t.test('bits are counted as they are listed, and become what others are, longer or shorter', async t => {
  fc.assert(
    fc.property(slots, slots, (one, other) => {
      const bits = bitsOf(one)
      t.equal(bits.count(), one.length)
      bits.assign(bitsOf(other))
      t.equal(bits.count(), other.length)
      t.same(
        listOf(bits),
        other.toSorted((first, second) => first - second)
      )
    })
  )
})

t.test('what is kept and taken out is what sets say', async t => {
  fc.assert(
    fc.property(slots, slots, (one, other) => {
      const kept = bitsOf(one)
      kept.keep(bitsOf(other))
      t.equal(kept.count(), one.filter(slot => other.includes(slot)).length)
      const left = bitsOf(one)
      left.takeOut(bitsOf(other))
      t.equal(left.count() + kept.count(), one.length)
    })
  )
})
