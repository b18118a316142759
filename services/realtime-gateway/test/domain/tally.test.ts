import t from 'tap'
import { ChannelLog } from '../../src/domain/channel-log.ts'
import type { Written } from '../../src/domain/observer.ts'
import { Subscriber, Subscription } from '../../src/domain/subscription.ts'
import { Tally } from '../../src/domain/tally.ts'
import { feedOf } from './fixtures.ts'
import { SimulatedClient } from './simulated-client.ts'

const log = new ChannelLog('daily', { epoch: 'e', offset: 0 }, { entries: 10, bytes: 1e6 })

const subscription = (replay: boolean) =>
  new Subscription(
    { subscriber: new Subscriber(new SimulatedClient()), id: 's', log, feed: feedOf(log), from: log.position, replay },
    1e9
  )

t.test('what is written is added up by kind, and the age of a shared frame is told once', async t => {
  const told: Readonly<Written>[] = []
  const nothing = () => undefined
  const observer = { historyFailed: nothing, failed: nothing, closed: nothing }
  const tally = new Tally({ ...observer, wrote: written => told.push(written) })
  const shared = { frame: Buffer.alloc(0), messages: 3, appendedAt: 7 }
  for (let sockets = 0; sockets < 4; sockets++) tally.handed(shared, subscription(false))
  tally.handed({ frame: Buffer.alloc(0), messages: 5, appendedAt: 8 }, subscription(true))
  tally.handed({ frame: Buffer.alloc(0), messages: 0, gap: 'expired' }, subscription(false))
  for (const bytes of [10, 20]) tally.wrote(bytes)

  tally.tell()
  tally.tell()

  t.same(told, [{ writes: 2, bytes: 30, live: 12, replayed: 5, appendedAt: [7], gaps: ['expired'] }])
  tally.handed(shared, subscription(false))
  tally.wrote(1)
  tally.tell()
  t.match(told[1], { live: 3, appendedAt: [7] }, 'a frame that is handed on later is as old as it is')
})
