import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { TouchedSlots } from '../../../src/domain/view/touched-slots.ts'

t.test('it holds what a Set of the same numbers holds, in the same order', async () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.nat(3_000))), rounds => {
      const touched = new TouchedSlots()
      for (const slots of rounds) {
        for (const slot of slots) touched.add(slot)
        assert.deepEqual([...touched], [...new Set(slots)])
        assert.equal(touched.size, new Set(slots).size)
        touched.clear()
      }
    })
  )
})
