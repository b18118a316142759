import { encodeEvent } from '@tickstock/contracts'
import t from 'tap'
import { EventsOnTheirWay } from '../../src/feeds/events-on-their-way.ts'
import { detected, patternOf } from '../events.ts'

const encoded = (id: string, confidence = 0.5) => encodeEvent(detected(patternOf({ confidence }), id))

t.test('an event is found by its text, once', async t => {
  const onTheirWay = new EventsOnTheirWay()
  const one = encoded('one')
  onTheirWay.add([one, encoded('two')])

  t.equal(onTheirWay.take(`${one.json}`), one)
  t.equal(onTheirWay.take(one.json), undefined)
  t.equal(onTheirWay.size, 1)
})

t.test('a text that differs in anything is another event, whatever its id', async t => {
  const onTheirWay = new EventsOnTheirWay()
  const ours = encoded('one')
  onTheirWay.add([ours])

  t.equal(onTheirWay.take(encoded('one', 0.6).json), undefined)
  t.equal(onTheirWay.take(` ${ours.json}`), undefined)
  t.equal(onTheirWay.take('{}'), undefined)
  t.equal(onTheirWay.take(''), undefined)
  t.equal(onTheirWay.take(ours.json), ours, 'and ours is still there')
})

t.test('an id that is escaped in the text is read from the log the long way', async t => {
  const onTheirWay = new EventsOnTheirWay()
  const quoted = encoded('"quoted"')
  onTheirWay.add([quoted])
  t.equal(onTheirWay.take(quoted.json), undefined)
})

t.test('what will not come is dropped; of too many the first go', async t => {
  const onTheirWay = new EventsOnTheirWay()
  const dropped = encoded('dropped')
  onTheirWay.add([dropped])
  onTheirWay.drop(dropped)
  t.equal(onTheirWay.size, 0)

  const many = Array.from({ length: 16_385 }, (_, n) => encoded(`${n}`))
  onTheirWay.add(many)
  t.equal(onTheirWay.size, 16_384)
  t.equal(onTheirWay.take(many[0]?.json ?? ''), undefined)
  t.equal(onTheirWay.take(many[1]?.json ?? ''), many[1])
})
