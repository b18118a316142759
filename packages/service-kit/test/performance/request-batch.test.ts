import { checkOf, PerformanceEntry } from '@tickstock/contracts'
import fc from 'fast-check'
import t from 'tap'
import { RequestBatch } from '../../src/performance/request-batch.ts'
import { RequestKinds } from '../../src/performance/request-kinds.ts'

const request = fc.record({ kind: fc.integer({ min: 0, max: 3 }), ms: fc.double({ min: 0, max: 1e4, noNaN: true }) })

function batchOf(requests: readonly { readonly kind: number; readonly ms: number }[]) {
  const batch = new RequestBatch(Math.max(1, requests.length))
  for (const [index, { kind, ms }] of requests.entries()) batch.add(kind, ms, 1_000 + index)
  return batch
}

t.test('few requests each stand for themselves, oldest first', async t => {
  const batch = batchOf([
    { kind: 7, ms: 3 },
    { kind: 8, ms: 1 }
  ])
  t.ok(batch.isFull)
  t.same(batch.requests(2), [
    { kind: 7, ms: 3, at: 1_000, weight: 1 },
    { kind: 8, ms: 1, at: 1_001, weight: 1 }
  ])
  batch.clear()
  t.same(batch.requests(2), [])
})

t.test('of many none is uncounted, none is flattered, and the slowest is there', async () => {
  fc.assert(
    fc.property(fc.array(request, { maxLength: 300 }), fc.integer({ min: 1, max: 50 }), (requests, most) => {
      const told = batchOf(requests).requests(most)
      const kinds = new Set(requests.map(({ kind }) => kind))
      const step = Math.max(1, Math.ceil(requests.length / most))
      return (
        told.length <= most + kinds.size &&
        [...kinds].every(kind => {
          const actual = requests.flatMap(each => (each.kind === kind ? [each.ms] : [])).sort((a, b) => a - b)
          const spread = told
            .filter(each => each.kind === kind)
            .sort((a, b) => a.ms - b.ms)
            .flatMap(({ ms, weight }) => Array.from({ length: weight }, () => ms))
          return (
            spread.length === actual.length &&
            spread.at(-1) === actual.at(-1) &&
            spread.every((ms, rank) => ms >= (actual[rank] ?? 0) && ms <= (actual[rank + step - 1] ?? Infinity))
          )
        })
      )
    })
  )
})

t.test('whatever it took, an entry is one of the contract', async () => {
  const { accepts } = checkOf(PerformanceEntry)
  const kinds = new RequestKinds('a "service"')
  const kind = kinds.kindOf(kinds.numberOf({ method: 'GET', url: '/a/:b"' }), 503)
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1e7, noNaN: true }), fc.integer({ min: 1, max: 9 }), (ms, weight) => {
      const entry: unknown = JSON.parse(kinds.encode({ kind, ms, at: 5, weight }))
      return (
        accepts(entry) &&
        Math.abs(entry.duration - ms / 1_000) <= 1e-6 &&
        entry.endpoint === '/a/:b"' &&
        entry.status === 503 &&
        (entry.weight ?? 1) === weight
      )
    })
  )
})

t.test('a kind that nobody asked a number for is of no route', async t => {
  t.match(JSON.parse(new RequestKinds('test').encode({ kind: 404, ms: 1, at: 5, weight: 1 })), {
    endpoint: 'none',
    status: 404
  })
})
