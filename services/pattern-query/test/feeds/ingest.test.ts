import { type EncodedEvent, encodeEvent, type PatternEvent, perChannel } from '@tickstock/contracts'
import type { AppendResult } from '@tickstock/event-log'
import { createRegistry } from '@tickstock/service-kit'
import t from 'tap'
import { EventsOnTheirWay } from '../../src/feeds/events-on-their-way.ts'
import { Ingest } from '../../src/feeds/ingest.ts'
import { createInstruments } from '../../src/instruments.ts'
import type { DeadLetter } from '../../src/stores/dead-letters.ts'
import { detected, patternOf, published, silent } from '../events.ts'

const refusal = Object.assign(new Error('WRONGTYPE no stream'), { name: 'ReplyError' })

function ingestOf({ append = async () => {}, add = async () => {}, queueLimit = 10 }: Partial<Parts> = {}) {
  const events: PatternEvent[] = []
  const letters: DeadLetter[] = []
  const onTheirWay = new EventsOnTheirWay()
  const registry = createRegistry()
  const appendOne = (event: PatternEvent): AppendResult => {
    if (events.some(({ id }) => id === event.id)) return { result: 'duplicate' }
    events.push(event)
    return { result: 'appended', position: { epoch: 'first', offset: events.length } }
  }
  const writer = {
    appendAll: async (all: readonly EncodedEvent[]) => {
      await append()
      return all.map(({ event }) => appendOne(event))
    }
  }
  const ingest = new Ingest({
    writers: perChannel(() => writer),
    deadLetters: {
      add: async letter => {
        await add()
        letters.push(letter)
      }
    },
    onTheirWay,
    patternTtlMs: 1000,
    queueLimit,
    logger: silent,
    instruments: createInstruments(registry)
  })
  const metric = async (line: string) => (await registry.metrics()).split('\n').find(each => each.startsWith(line))
  return { ingest, events, letters, onTheirWay, metric }
}

interface Parts {
  append: () => Promise<void>
  add: () => Promise<void>
  queueLimit: number
}

const arrival = (text: string) => ({ payload: Buffer.from(text), origin: 'test', channel: 'daily' as const })

t.test('what was appended is on its way until it is read, what was there before is not', async t => {
  const { ingest, events, onTheirWay } = ingestOf()
  await ingest.deliver([arrival(published('one')), arrival(published('two')), arrival(published('one'))])
  await ingest.deliver([arrival(published('two'))])

  t.equal(events.length, 2)
  t.equal(onTheirWay.size, 0, 'a repetition says that somebody has read it, or will')
  await ingest.deliver([arrival(published('three'))])
  t.equal(onTheirWay.size, 1)
  const [, , three] = events
  t.equal(three && onTheirWay.take(encodeEvent(three).json)?.event, three)
})

t.test('each event is appended once, whichever way and however often it comes', async t => {
  const { ingest, events, metric } = ingestOf()
  ingest.take(arrival(published('one')))
  await ingest.deliver([arrival(published('one'))])
  await ingest.append(detected(patternOf()))

  t.same(
    events.map(({ id }) => id),
    ['one', patternOf().id]
  )
  t.match(ingest.figures, { received: 2, appended: 2, duplicates: 1, deadLetters: 0, lost: 0, queued: 0 })
  t.ok(ingest.figures.perSecond > 0)
  t.match(await metric('pattern_query_appended_total'), / 2$/)
  t.match(await metric('pattern_query_duplicates_total'), / 1$/)
})

t.test('what is not understood becomes a dead letter, from either way in', async t => {
  const { ingest, letters, metric } = ingestOf()
  ingest.take(arrival('hello'))
  await ingest.deliver([arrival('[]')])
  await ingest.drained()

  t.match(letters, [{ reason: 'not_json', payload: Buffer.from('hello'), origin: 'test' }, { reason: 'not_an_object' }])
  t.match(await metric('pattern_query_dead_letters_total{reason="not_json"'), / 1$/)
})

t.test('a producer whose clock is far ahead does not fill the view with patterns that never go', async t => {
  const { ingest, events, letters } = ingestOf()
  const hours = (count: number) => Date.now() + count * 3_600_000
  await ingest.deliver([arrival(published('local time', { timestamp: hours(14) }))])
  await ingest.deliver([arrival(published('far ahead', { timestamp: hours(25) }))])

  t.match(events, [{ id: 'local time' }])
  t.match(letters, [{ reason: 'future' }])
})

t.test('what the log refuses for good becomes a dead letter', async t => {
  const { ingest, letters } = ingestOf({ append: () => Promise.reject(refusal) })
  await ingest.deliver([arrival(published('one'))])
  await ingest.append(detected(patternOf()))
  await ingest.drained()

  t.match(letters, [
    { reason: 'append_refused', origin: 'test' },
    { reason: 'append_refused', origin: 'expiry' }
  ])
})

t.test('a dead letter that is refused for good does not stand in the way', async t => {
  const { ingest, letters } = ingestOf({ add: () => Promise.reject(refusal) })
  await ingest.deliver([arrival('hello')])
  t.same(letters, [])
})

t.test('what finds no room is counted', async t => {
  const { ingest, metric } = ingestOf({ append: () => new Promise(() => {}), queueLimit: 2 })
  for (const id of ['one', 'two', 'three', 'four']) ingest.take(arrival(published(id)))

  t.equal(ingest.queued, 2)
  t.match(await metric('pattern_query_overflowed_total{queue="daily"'), / 2$/)
  ingest.stop()
})

t.test('what was lost on the way in is counted', async t => {
  const { ingest, metric } = ingestOf()
  ingest.lose('inbox', 3)
  t.match(ingest.figures, { lost: 3 })
  t.match(await metric('pattern_query_overflowed_total{queue="inbox"'), / 3$/)
})

t.test('dead letters have a bound too', async t => {
  const { ingest, metric } = ingestOf({ add: () => new Promise(() => {}) })
  for (let index = 0; index < 1001; index++) ingest.take(arrival('hello'))
  t.match(await metric('pattern_query_overflowed_total{queue="dead letters"'), / 1$/)
  ingest.stop()
})
