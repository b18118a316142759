import type { EventChange, PatternEvent } from '@tickstock/contracts'
import t from 'tap'
import { PatternSet } from '../src/index.ts'
import { detected, type Said } from './session/model-log.ts'

const position = { epoch: 'e', offset: 1 }
const place = (change?: EventChange) => ({ channel: 'daily', position, at: 0, change }) as const
const page = (begins: boolean) => ({ channel: 'daily', position, begins, remaining: 0 }) as const

const patternOf = (event: PatternEvent) => {
  if (event.kind === 'pattern_expired') throw new Error('an expiry has no whole pattern')
  return event.pattern
}
const pattern = (symbol: string, moment: number, said?: Said) => patternOf(detected(symbol, moment, said))

function given(...symbols: string[]) {
  const patterns = new PatternSet()
  patterns.snapshot(
    symbols.map(symbol => pattern(symbol, 10)),
    page(true)
  )
  return { patterns, symbols: () => [...patterns].map(({ symbol }) => symbol) }
}

t.test('a pattern that enters or stays is in the set, one that leaves is not', async t => {
  const { patterns, symbols } = given('A')

  t.ok(patterns.event(detected('B', 11), place('entered')))
  t.ok(patterns.event(detected('A', 12, { confidence: 0.9 }), place()))
  t.same(symbols(), ['A', 'B'])
  t.equal(patterns.get('daily', 'A:Doji:daily:1')?.confidence, 0.9)

  t.ok(patterns.event(detected('A', 13), place('left')), 'by a threshold')
  t.ok(patterns.event({ ...detected('B', 14), kind: 'pattern_expired' }, place()), 'by an end, of any server')
  t.same(symbols(), [])
  t.notOk(patterns.event(detected('A', 15), place('left')))
})

t.test('what is older than the set changes nothing', async t => {
  const { patterns } = given('A')

  t.notOk(patterns.event(detected('A', 11), place('late')))
  t.notOk(patterns.event(detected('A', 9, { confidence: 0.1 }), place()), 'a snapshot may be newer than its position')
  t.notOk(patterns.event(detected('A', 9), place('left')))
  t.equal(patterns.get('daily', 'A:Doji:daily:1')?.updated_at, 10)
  t.ok(patterns.event(detected('A', 10, { confidence: 0.1 }), place()), 'of equal moments the last counts')
})

t.test('the first page of a snapshot replaces the patterns of its channel', async t => {
  const { patterns, symbols } = given('A', 'B')
  patterns.snapshot([{ ...pattern('C', 1), channel: 'combo' }], { ...page(true), channel: 'combo' })

  t.ok(patterns.snapshot([pattern('D', 20)], page(true)))
  t.ok(patterns.snapshot([pattern('E', 20)], page(false)))

  t.same(symbols(), ['D', 'E', 'C'])
  t.equal(patterns.size, 3)
  t.ok(patterns.snapshot([], page(true)))
  t.notOk(patterns.snapshot([], page(true)), 'it was empty before')
})

t.test('it takes the items of a loop', async t => {
  const patterns = new PatternSet()

  t.ok(patterns.take({ type: 'snapshot', patterns: [pattern('A', 1)], ...page(true) }))
  t.ok(patterns.take({ type: 'event', event: detected('B', 2), ...place('entered') }))
  t.notOk(patterns.take({ type: 'caught_up', channel: 'daily', position }))
  t.equal(patterns.size, 2)
})
