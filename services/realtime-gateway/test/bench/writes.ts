import { fork } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { perChannel } from '@tickstock/contracts'
import { WebSocketServer } from 'ws'
import { ChannelLog } from '../../src/domain/channel-log.ts'
import { eventText } from '../../src/domain/frames.ts'
import { Subscriber } from '../../src/domain/subscription.ts'
import { WebSocketPublisher } from '../../src/domain/websocket-publisher.ts'
import { SocketOutlet } from '../../src/routes/socket-outlet.ts'
import { entryOf, feedOf, unhurried } from '../domain/fixtures.ts'

/**
 * What a write costs: CPU of one process that brings the same events to the same sockets, round by round in turn, by `ws.send` of one joined message (the bound)
 * and by the publisher. Paired in one process, so that a busy machine disturbs both alike.
 *
 *   node --conditions=@tickstock/source services/realtime-gateway/test/bench/writes.ts [sockets] [events a write …]
 */
const [sockets = '2000', ...sizes] = process.argv.slice(2)

if (process.send) {
  const [, , port = '', count = '0'] = process.argv
  for (let n = 0; n < Number(count); n++) {
    const socket = connect(Number(port), '127.0.0.1')
    await once(socket, 'connect')
    socket.write(
      'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n'
    )
    await once(socket, 'data')
    socket.resume()
  }
  process.send('ready')
} else {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false })
  await once(server, 'listening')
  const log = perChannel(channel => new ChannelLog(channel, { epoch: 'e', offset: 0 }, { entries: 10_000, bytes: 1e9 }))
  const observer = { wrote: () => undefined, historyFailed: fail, failed: fail, closed: () => undefined }
  const history = {
    pageSize: 500,
    page: async () => [],
    standing: async () => ({ head: log.daily.position, floor: 0 })
  }
  const publisher = new WebSocketPublisher({ logs: log, history, observer, ...unhurried })
  const subscribers: Subscriber[] = []
  server.on('connection', (socket, { socket: stream }) => {
    const subscriber = new Subscriber(new SocketOutlet(socket, stream))
    subscribers.push(subscriber)
    const feed = feedOf(log.daily)
    publisher.subscribe({ subscriber, id: 's', log: log.daily, feed, from: log.daily.position, replay: false })
  })
  const address = server.address()
  const port = typeof address === 'object' ? `${address?.port}` : ''
  const child = fork(new URL(import.meta.url), [port, sockets])
  await once(child, 'message')
  while (publisher.flush());

  for (const size of sizes.length > 0 ? sizes.map(Number) : [1, 5, 20, 100]) {
    const cost: Record<string, number[]> = { bound: [], ours: [] }
    for (let round = 0; round < 40; round++) {
      for (const mode of round % 2 === 0 ? ['bound', 'ours'] : ['ours', 'bound']) {
        const from = log.daily.ring.top
        const entries = Array.from({ length: size }, (_, at) => entryOf('e', from + 1 + at))
        const began = process.cpuUsage()
        if (mode === 'bound') {
          const message = Buffer.from(
            `[${entries.map(entry => eventText('f0f0f0f0f0f0', entry, entry.offset - 1)).join(',')}]`
          )
          for (const client of server.clients) client.send(message, { binary: false })
        } else {
          publisher.append('daily', entries)
          while (publisher.flush());
        }
        const { user, system } = process.cpuUsage(began)
        if (round > 4) cost[mode]?.push((user + system) / Number(sockets))
        await delay(20)
        while (publisher.replay());
      }
    }
    const median = (list: number[] = []) => list.sort((a, b) => a - b)[list.length >> 1] ?? 0
    const [bound, ours] = [median(cost.bound), median(cost.ours)]
    console.log(
      `${size} events a write: bound ${bound.toFixed(2)} µs, ours ${ours.toFixed(2)} µs a socket: ${((bound / ours) * 100).toFixed(0)} %`
    )
  }
  child.kill()
  server.close()
  process.exit(0)
}

function fail(error: unknown): never {
  throw error
}
