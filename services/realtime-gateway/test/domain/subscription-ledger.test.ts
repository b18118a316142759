import fc from 'fast-check'
import t from 'tap'
import { DeliveryBook, type DeliveryTotals } from '../../src/domain/delivery-book.ts'
import type { DeliveryLedger } from '../../src/domain/delivery-ledger.ts'

type Fate = Exclude<keyof DeliveryTotals, 'sent'>

/** Remembers every event, which the real one must not. */
class NaiveLedger implements DeliveryLedger {
  readonly events: { readonly write: number; fate: Fate }[] = []

  sent(events: number, last: number): void {
    for (let at = 0; at < events; at++) this.events.push({ write: last, fate: 'inFlight' })
  }

  gapSignalled(): void {
    this.#settle('gapSignalled', Number.POSITIVE_INFINITY)
  }

  acknowledged(offset: number): void {
    this.#settle('acknowledged', offset)
  }

  returned(): void {
    this.#settle('returned', Number.POSITIVE_INFINITY)
  }

  #settle(fate: Fate, upTo: number): void {
    for (const event of this.events) if (event.fate === 'inFlight' && event.write <= upTo) event.fate = fate
  }
}

function naiveTotals(ledgers: readonly NaiveLedger[]): DeliveryTotals {
  const all = ledgers.flatMap(({ events }) => events)
  const of = (wanted: Fate) => all.filter(({ fate }) => fate === wanted).length
  return {
    sent: all.length,
    acknowledged: of('acknowledged'),
    gapSignalled: of('gapSignalled'),
    returned: of('returned'),
    inFlight: of('inFlight')
  }
}

const balances = ({ sent, acknowledged, gapSignalled, returned, inFlight }: DeliveryTotals): boolean =>
  sent === acknowledged + gapSignalled + returned + inFlight

type Step =
  | { readonly do: 'send'; readonly events: number; readonly skipped: number }
  | { readonly do: 'acknowledge'; readonly share: number }
  | { readonly do: 'gap' | 'end' }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('send' as const),
      events: fc.integer({ min: 1, max: 9 }),
      skipped: fc.nat(5)
    })
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('acknowledge' as const),
      share: fc.integer({ min: 0, max: 10 }).map(tenths => tenths / 10)
    })
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('gap' as const, 'end' as const) }) }
)

t.test(
  'whatever happens, every event that was sent is acknowledged, gap-signalled, returned or in flight, as a naive ledger has it',
  async t => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(2), step), { maxLength: 250, size: 'max' }), steps => {
        const book = new DeliveryBook()
        const naive: NaiveLedger[] = []
        const open = () => {
          const ledger = new NaiveLedger()
          naive.push(ledger)
          return { real: book.open(), naive: ledger, last: 0 }
        }
        const subscriptions = [open(), open(), open()]
        for (const [at, step] of steps) {
          const subscription = subscriptions[at] ?? open()
          const both = [subscription.real, subscription.naive]
          if (step.do === 'send') {
            subscription.last += step.events + step.skipped
            for (const ledger of both) ledger.sent(step.events, subscription.last)
          }
          if (step.do === 'acknowledge')
            for (const ledger of both) ledger.acknowledged(Math.floor(subscription.last * step.share))
          if (step.do === 'gap') for (const ledger of both) ledger.gapSignalled()
          if (step.do === 'end') {
            for (const ledger of both) ledger.returned()
            subscriptions[at] = open()
          }
          if (!balances(book.totals)) throw new Error(`out of balance: ${JSON.stringify(book.totals)}`)
          const expected = naiveTotals(naive)
          if (JSON.stringify(expected) !== JSON.stringify({ ...expected, ...book.totals }))
            throw new Error(`${JSON.stringify(book.totals)} instead of ${JSON.stringify(expected)}`)
        }
      }),
      { numRuns: 300 }
    )
    t.pass('it balances')
  }
)

t.test(
  'a client that acknowledges nothing for long costs no more, and then is never credited with more than it says',
  async t => {
    const book = new DeliveryBook()
    const ledger = book.open()
    for (let last = 1; last <= 50_000; last++) ledger.sent(1, last)

    const credited = new Set<number>()
    for (let offset = 0; offset <= 50_000; offset++) {
      ledger.acknowledged(offset)
      const { acknowledged } = book.totals
      credited.add(acknowledged)
      if (acknowledged > offset) t.fail(`${acknowledged} at ${offset}`)
      if (offset - acknowledged >= 512) t.fail(`only ${acknowledged} at ${offset}`)
      if (!balances(book.totals)) t.fail('out of balance')
    }

    t.ok(credited.size <= 257, `${credited.size} parts`)
    t.match(book.totals, { sent: 50_000, acknowledged: 50_000, inFlight: 0 })

    ledger.sent(1, 50_001)
    ledger.sent(1, 50_002)
    ledger.acknowledged(50_001)
    t.match(book.totals, { acknowledged: 50_001, inFlight: 1 }, 'when all is told, single writes count again')
  }
)
