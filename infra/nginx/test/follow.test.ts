import { once } from 'node:events'
import { until } from '@tickstock/test-kit'
import t, { type Test } from 'tap'
import { type WebSocket, WebSocketServer } from 'ws'

const CHANNELS = ['daily', 'intraday', 'combo']
const POSITIONS = Object.fromEntries(CHANNELS.map(channel => [channel, { epoch: 'one', offset: 10 }]))

interface Asked {
  readonly type: string
  readonly id: string
  readonly channel: string
  readonly from: { readonly epoch: string; readonly offset: number }
}

/** The page's follower, and a gateway that answers as the test says. */
async function follow(t: Test, answer: (asked: Asked, socket: WebSocket, connection: number) => void) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => 'tickstock.v1' })
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  Object.assign(globalThis, { location: { href: `http://127.0.0.1:${port}/` } })

  let connections = 0
  server.on('connection', socket => {
    const connection = ++connections
    socket.on('message', data => {
      const asked = JSON.parse(String(data))
      if (asked.type === 'auth') socket.send(JSON.stringify({ type: 'welcome', heartbeat_ms: 60_000 }))
      else if (asked.type === 'subscribe') answer(asked, socket, connection)
    })
  })

  const shown: number[] = []
  const gaps: unknown[] = []
  const states: string[] = []
  const { Follower } = await import(new URL('../html/follow.js', import.meta.url).href)
  const follower = new Follower({
    positions: POSITIONS,
    filter: {},
    identity: { user: 'visitor' },
    onEvent: (_event: unknown, offset: number) => shown.push(offset),
    onGap: ({ reason }: { reason: string }) => gaps.push(reason),
    onPositions: () => undefined,
    onState: (state: string) => states.push(state)
  })
  t.teardown(async () => {
    follower.stop()
    for (const socket of server.clients) socket.terminate()
    await new Promise(resolve => server.close(resolve))
  })
  return { shown, gaps, states, connections: () => connections }
}

const say = (socket: WebSocket, ...messages: object[]) => socket.send(JSON.stringify(messages))
const begin = (socket: WebSocket, { id, channel, from }: Asked) =>
  say(socket, { type: 'subscribed', id, feed: id, channel, position: from })
const event = ({ id: feed }: Asked, offset: number, previous: number, epoch = 'one') => ({
  type: 'event',
  feed,
  epoch,
  offset,
  previous,
  event: {}
})

t.test('what is refused for a while is asked for again', async t => {
  const asked: Asked[] = []
  const page = await follow(t, (question, socket, connection) => {
    if (connection === 1) say(socket, { type: 'error', detail: 'the log does not answer', temporary: true })
    else {
      asked.push(question)
      begin(socket, question)
    }
  })

  await until(() => asked.length === CHANNELS.length)

  t.same(
    asked.map(({ channel, from }) => [channel, from]),
    Object.entries(POSITIONS)
  )
  t.match(page.states, ['connecting', 'live', 'waiting (refused: the log does not answer)', 'connecting', 'live'])
})

t.test('what comes twice is shown once, and what is missing is asked for again from the position', async t => {
  const froms: number[] = []
  const page = await follow(t, (question, socket) => {
    begin(socket, question)
    if (question.channel !== 'daily') return
    froms.push(question.from.offset)
    if (froms.length === 1) say(socket, event(question, 11, 10), event(question, 11, 10), event(question, 14, 13))
    else if (froms.length === 2) {
      const lost = { epoch: 'one', offset: 14, last: 14 }
      say(socket, event(question, 13, 11), { type: 'heartbeat', feeds: { [question.id]: lost } })
    } else {
      const heard = { epoch: 'one', offset: 20, last: 14 }
      say(socket, event(question, 14, 13), { type: 'heartbeat', feeds: { [question.id]: heard } })
      say(socket, event(question, 21, 14))
    }
  })

  await until(() => page.shown.includes(21))

  t.same(page.shown, [11, 13, 14, 21])
  t.same(froms.slice(0, 3), [10, 11, 13])
  t.same(page.gaps, [])
})

t.test('what is lost is told, and the feed goes on after it', async t => {
  const page = await follow(t, (question, socket) => {
    begin(socket, question)
    const { id: feed, channel } = question
    if (channel !== 'daily') return
    const next = { epoch: 'two', offset: 3 }
    say(socket, { type: 'gap', feed, reason: 'stream_reset', next }, event(question, 4, 3, 'two'))
  })

  await until(() => page.shown.length > 0)

  t.same(page.gaps, ['stream_reset'])
  t.same(page.shown, [4])
})

t.test('a server that goes is left at once; one that refuses for good is not asked again', async t => {
  const page = await follow(t, (question, socket, connection) => {
    if (question.channel !== 'combo') return
    if (connection === 1) say(socket, { type: 'drain', within_ms: 1_000 })
    else socket.close(4000, 'the token has expired')
  })

  await until(() => page.states.at(-1)?.startsWith('stopped'))

  t.equal(page.states.at(-1), 'stopped: the token has expired')
  t.equal(page.connections(), 2)
})
