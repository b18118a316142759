import { type LogEntry, type Pattern, type Position, perChannel, type ServerMessage } from '@tickstock/contracts'
import fc from 'fast-check'
import t from 'tap'
import { ChannelLog } from '../../src/domain/channel-log.ts'
import type { SelectedFilter } from '../../src/domain/matcher.ts'
import { Subscriber } from '../../src/domain/subscription.ts'
import { WebSocketPublisher } from '../../src/domain/websocket-publisher.ts'
import { feedOf, type Say, unhurried } from './fixtures.ts'
import { SimulatedClient } from './simulated-client.ts'
import { SimulatedLog } from './simulated-log.ts'

const FILTERS: readonly SelectedFilter[] = [
  {},
  { confidence_min: 0.5 },
  { confidence_min: 0.8 },
  { symbols: ['AAPL'], confidence_min: 0.5 },
  { symbols: [] }
]

/** The reference: what lives after the first so many entries, and what of it a scan would find. By id, the moment of its state. */
function scanAt(entries: readonly LogEntry[], offset: number, filter: SelectedFilter): Map<string, number> {
  const states = new Map<string, { moment: number; pattern: Pattern | undefined }>()
  for (const { event } of entries.slice(0, offset)) {
    const known = states.get(event.pattern.id)
    const moment = event.published_at
    const isLate = known !== undefined && (known.pattern === undefined ? moment <= known.moment : moment < known.moment)
    if (!isLate)
      states.set(event.pattern.id, {
        moment,
        pattern: event.kind === 'pattern_expired' ? undefined : event.pattern
      })
  }
  return new Map(
    [...states].flatMap(([id, { moment, pattern }]) => {
      if (pattern === undefined) return []
      const { symbols, confidence_min = 0 } = filter
      const isFound = (symbols?.includes(pattern.symbol) ?? true) && pattern.confidence >= confidence_min
      return isFound ? [[id, moment] as const] : []
    })
  )
}

/** What a client does with an event, by the protocol's rules. */
function fold(patterns: Map<string, number>, message: ServerMessage): void {
  if (message.type !== 'event') return
  const { event, change } = message
  if (change === 'left') patterns.delete(event.pattern.id)
  else if (change !== 'late') patterns.set(event.pattern.id, event.published_at)
}

const textOf = (patterns: ReadonlyMap<string, number>) => JSON.stringify([...patterns].sort())

const say: fc.Arbitrary<Say> = fc.record({
  symbol: fc.constantFrom('AAPL', 'MSFT'),
  pattern: fc.nat(2),
  confidence: fc.constantFrom(0.2, 0.5, 0.6, 0.8, 0.9),
  expired: fc.boolean(),
  moment: fc.nat(30)
})

t.test('a client that folds the changes has the patterns of a scan at every position', async t => {
  let checked = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(say, { minLength: 1, maxLength: 60 }),
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 2, max: 7 }),
      fc.nat(60),
      async (says, ring, pageSize, start) => {
        const log = new SimulatedLog(pageSize)
        const logs = perChannel(channel => new ChannelLog(channel, log.head, { entries: ring, bytes: 1e9 }))
        const nothing = () => undefined
        const observer = { wrote: nothing, historyFailed: nothing, failed: nothing, closed: nothing }
        const publisher = new WebSocketPublisher({ logs, history: log, observer, ...unhurried })
        for (const one of says) log.append(one)
        publisher.append('daily', log.after(0))
        const from: Position = { epoch: log.epoch, offset: start % (says.length + 1) }
        const clients = FILTERS.map(filter => {
          const client = new SimulatedClient()
          const feed = feedOf(logs.daily, filter)
          publisher.subscribe({
            subscriber: new Subscriber(client),
            id: 's',
            log: logs.daily,
            feed,
            from,
            replay: true
          })
          return { client, filter }
        })
        for (let turns = 0; turns < 40; turns++) {
          while (publisher.flush());
          while (publisher.replay());
          await new Promise(setImmediate)
        }

        const entries = log.after(0)
        for (const { client, filter } of clients) {
          const patterns = scanAt(entries, from.offset, filter)
          let position = from.offset
          const check = () => {
            const expected = scanAt(entries, position, filter)
            if (textOf(patterns) !== textOf(expected))
              throw new Error(`${JSON.stringify(filter)} at ${position}: ${textOf(patterns)}, not ${textOf(expected)}`)
            checked += 1
          }
          for (const message of client.messages) {
            if (message.type === 'event') position = message.offset - 1
            check()
            fold(patterns, message)
            if (message.type === 'event') position = message.offset
            check()
          }
          position = entries.length
          check()
        }
      }
    ),
    { numRuns: Number(process.env['RUNS'] ?? 200) }
  )
  t.ok(checked > 1_000, `${checked} positions`)
})
