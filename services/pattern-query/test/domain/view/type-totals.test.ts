import type { Pattern } from '@tickstock/contracts'
import fc from 'fast-check'
import t from 'tap'
import { TypeTotals } from '../../../src/domain/view/type-totals.ts'
import { patternOf } from '../../events.ts'

t.test('counts and means are those of what is there, whatever came and went', async () => {
  const patterns = fc.array(
    fc.record({
      pattern: fc.constantFrom('Doji', 'DOJI', 'Hammer'),
      confidence: fc.double({ min: 0, max: 1, noNaN: true }),
      stays: fc.boolean()
    })
  )
  fc.assert(
    fc.property(patterns, given => {
      const totals = new TypeTotals()
      const live: Pattern[] = []
      const gone: Pattern[] = []
      for (const { stays, ...over } of given) {
        const pattern = patternOf(over)
        totals.add(pattern)
        if (stays) live.push(pattern)
        else gone.push(pattern)
      }
      for (const pattern of gone) totals.delete(pattern)

      const told = totals.list()
      const names = new Set(live.map(({ pattern }) => pattern.toLowerCase()))
      return (
        told.length === names.size &&
        told.every(({ name, count, confidence }) => {
          const of = live.filter(({ pattern }) => pattern.toLowerCase() === name.toLowerCase())
          const mean = of.reduce((sum, pattern) => sum + pattern.confidence, 0) / of.length
          return count === of.length && Math.abs(confidence - mean) < 1e-4
        })
      )
    })
  )
})

t.test('a name is written as most live patterns write it, whatever came last', async t => {
  const totals = new TypeTotals()
  totals.add(patternOf({ pattern: 'Doji' }))
  totals.add(patternOf({ pattern: 'DOJI' }))
  t.match(totals.list(), [{ name: 'DOJI', count: 2 }], 'of equally many the least')
  totals.add(patternOf({ pattern: 'Doji' }))
  totals.add(patternOf({ pattern: 'doji' }))
  t.match(totals.list(), [{ name: 'Doji', count: 4 }])
  totals.delete(patternOf({ pattern: 'Hammer' }))
  t.equal(totals.list().length, 1)
})
