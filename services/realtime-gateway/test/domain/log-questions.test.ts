import { perChannel } from '@tickstock/contracts'
import t from 'tap'
import { ChannelLog } from '../../src/domain/channel-log.ts'
import { Subscriber } from '../../src/domain/subscription.ts'
import { WebSocketPublisher } from '../../src/domain/websocket-publisher.ts'
import { feedOf, unhurried } from './fixtures.ts'
import { SimulatedClient } from './simulated-client.ts'
import { SimulatedLog } from './simulated-log.ts'

t.test('for those who have gone nothing is read of the log', async t => {
  const log = new SimulatedLog(10)
  for (let at = 0; at < 200; at++) log.append({})
  const logs = perChannel(channel => new ChannelLog(channel, log.head, { entries: 5, bytes: 1e6 }))
  const nothing = () => undefined
  const observer = { wrote: nothing, historyFailed: nothing, failed: nothing, closed: nothing }
  const publisher = new WebSocketPublisher({ logs, history: log, observer, ...unhurried })
  const subscribers = Array.from({ length: 10 }, (_, at) => {
    const subscriber = new Subscriber(new SimulatedClient())
    const from = { epoch: log.epoch, offset: at * 10 }
    publisher.subscribe({ subscriber, id: 's', log: logs.daily, feed: feedOf(logs.daily), from, replay: true })
    return subscriber
  })
  publisher.flush()
  const begun = log.reads
  for (const subscriber of subscribers) publisher.leave(subscriber)
  for (let turns = 0; turns < 20; turns++) await new Promise(setImmediate)

  t.equal(begun, 4, 'so many are read at a time')
  t.equal(log.reads, begun)
  t.equal(logs.daily.feeds, 0)
})
