import { CorruptLogEntryError, type Position } from '@tickstock/contracts'
import fc from 'fast-check'
import t from 'tap'
import { arrange, type StreamEntry } from '../src/arrange.ts'
import { eventOf } from './fixtures/event-of.ts'

const at = (epoch: string, offset: number): Position => ({ epoch, offset })

const entry = (epoch: string, offset: number, event: string = JSON.stringify(eventOf(offset))): StreamEntry => [
  `${offset}-0`,
  ['epoch', epoch, 'at', '1', 'event', event]
]

function arranged(from: Position, read: readonly StreamEntry[]) {
  const corrupt: CorruptLogEntryError[] = []
  const steps = arrange(from, read, error => corrupt.push(error))
  const told: string[] = []
  for (;;) {
    const { value, done } = steps.next()
    if (done) return { told, corrupt, unclear: value }
    told.push(
      value.kind === 'gap'
        ? `${value.reason} ${show(value.have)} ${show(value.next)}`
        : `entries ${value.entries.map(show).join(' ')}`
    )
  }
}

const show = ({ epoch, offset }: Position) => `${epoch}${offset}`

t.test('a dense run is one signal', async t => {
  t.match(arranged(at('e', 2), [entry('e', 3), entry('e', 4)]), { told: ['entries e3 e4'], unclear: undefined })
  t.match(arranged(at('e', 2), []), { told: [], unclear: undefined })
})

t.test('a hole is told before what follows it', async t => {
  t.match(arranged(at('e', 2), [entry('e', 3), entry('e', 6)]), {
    told: ['entries e3', 'expired e3 e5', 'entries e6']
  })
})

t.test('a new epoch that continues what was read is told where it begins', async t => {
  t.match(arranged(at('e', 2), [entry('e', 3), entry('f', 4)]), {
    told: ['entries e3', 'stream_reset e3 f3', 'entries f4']
  })
})

t.test('a new epoch in the first entry is left to whoever knows the head', async t => {
  t.match(arranged(at('e', 2), [entry('f', 3), entry('f', 4)]), { told: [], unclear: at('f', 3) })
})

t.test('entries delivered before are left out', async t => {
  t.match(arranged(at('e', 2), [entry('e', 1), entry('e', 2), entry('e', 3)]), { told: ['entries e3'] })
  t.match(arranged(at('e', 2), [entry('e', 1, '{')]), { told: [] })
})

t.test('an entry that is not understood is a gap of one', async t => {
  const { told, corrupt } = arranged(at('e', 2), [entry('e', 3), entry('e', 4, '{'), entry('e', 5)])

  t.same(told, ['entries e3', 'expired e3 e4', 'entries e5'])
  t.equal(corrupt.length, 1)
  t.type(corrupt[0], CorruptLogEntryError)
})

t.test(
  'whatever is missing or not understood, entries and gaps together cover every offset once, in order',
  async t => {
    fc.assert(
      fc.property(
        fc.nat({ max: 5 }),
        fc.array(fc.constantFrom('there', 'trimmed', 'corrupt', 'next epoch'), { maxLength: 30 }),
        (start, fates) => {
          let epoch = 0
          const read = fates.flatMap((fate, index) => {
            const offset = start + 1 + index
            if (fate === 'next epoch' && index > 0) epoch += 1
            if (fate === 'trimmed') return []
            return [entry(`e${epoch}.`, offset, fate === 'corrupt' ? '{' : undefined)]
          })
          const steps = arrange(at('e0.', start), read, () => undefined)
          let cursor = at('e0.', start)
          for (;;) {
            const { value, done } = steps.next()
            if (done) {
              const last = value ?? { offset: start + fates.findLastIndex(fate => fate !== 'trimmed') + 1 }
              return cursor.offset === last.offset - (value ? 1 : 0) || value !== undefined
            }
            if (value.kind === 'gap') {
              if (show(value.have) !== show(cursor) || value.next.offset < cursor.offset) return false
              cursor = value.next
            } else {
              for (const { epoch, offset } of value.entries) {
                if (epoch !== cursor.epoch || offset !== cursor.offset + 1) return false
                cursor = { epoch, offset }
              }
            }
          }
        }
      )
    )
    t.pass('for every sequence')
  }
)
