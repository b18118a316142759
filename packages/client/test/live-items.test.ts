import { until } from '@tickstock/test-kit'
import t, { type Test } from 'tap'
import { createClient, type LiveItem, LiveRefusedError } from '../src/index.ts'
import { memoryStore } from '../src/storage.ts'
import { TestService } from './server.ts'

const daily = { channels: ['daily'] } as const

async function given(t: Test) {
  const service = await new TestService().start(t)
  const client = createClient({ url: service.url, user: 'ann' })
  t.teardown(() => client.close())
  return { service, client }
}

async function all(items: AsyncIterable<LiveItem>): Promise<LiveItem[]> {
  const taken: LiveItem[] = []
  for await (const item of items) taken.push(item)
  return taken
}

/** What it brings beside how it stands, until there are so many. */
async function take(items: AsyncIterable<LiveItem>, count: number): Promise<string[]> {
  const taken: string[] = []
  for await (const item of items) {
    if (item.type === 'status') continue
    taken.push(textOf(item))
    if (taken.length === count) break
  }
  return taken
}

function textOf(item: LiveItem): string {
  if (item.type === 'event') return `${item.event.pattern.symbol}@${item.position.offset}`
  if (item.type === 'gap') return `gap to ${item.next.offset}`
  return item.type
}

t.test('a loop has what comes, and leaving it ends the subscription', async t => {
  const { service, client } = await given(t)
  service.publish('A', 'B')
  service.log.trim(1)

  const taken = await take(client.live({ ...daily, from: { daily: { epoch: 'e1', offset: 0 } } }), 3)

  t.same(taken, ['gap to 1', 'B@2', 'caught_up'])
  await until(() => client.state === 'idle')
})

t.test('how it stands comes before what waits, the newest alone', async t => {
  const { service, client } = await given(t)
  const items = client.live(daily)
  await until(() => items.status.state === 'live')
  service.publish('A')
  await until(() => client.counters.delivered === 1)

  const first = await items.next()
  const second = await items.next()

  t.match(first, { done: false, value: { type: 'status', state: 'live' } })
  t.match(second, { value: { type: /event|caught_up/ } })
  items.rescanned()
  await items.return()
  t.same(await items.next(), { done: true, value: undefined })
})

t.test('an event counts as applied when the next is asked for', async t => {
  const { service, client } = await given(t)
  const items = client.live({ ...daily, from: { daily: { epoch: 'e1', offset: 0 } } })
  service.publish('A', 'B')
  const positions: (number | undefined)[] = []

  for await (const item of items) {
    if (item.type !== 'event') continue
    positions.push(items.positions.daily?.offset)
    if (item.position.offset === 2) break
  }

  t.same(positions, [0, 1])
})

t.test('what the loop was left with comes again where positions are kept', async t => {
  const { service, client } = await given(t)
  const keep = { store: memoryStore(), key: 'k' }
  const from = { daily: { epoch: 'e1', offset: 0 } }
  service.publish('A', 'B', 'C')

  const [first, second] = [
    await take(client.live({ ...daily, from, keep }), 2),
    await take(client.live({ ...daily, from, keep }), 2)
  ]

  t.same(first, ['A@1', 'B@2'])
  t.same(second, ['B@2', 'C@3'])
})

t.test('a slow loop holds up what comes, not the socket', async t => {
  const { service, client } = await given(t)
  const items = client.live({ ...daily, from: { daily: { epoch: 'e1', offset: 0 } } })
  service.publish(...Array.from({ length: 50 }, () => 'A'))
  await until(() => client.counters.delivered === 50)

  t.equal(items.positions.daily?.offset, 0)
  t.equal((await take(items, 50)).at(-1), 'A@50')
})

t.test('a signal ends the loop, before it and while it waits', async t => {
  const { client } = await given(t)
  const stop = new AbortController()
  const items = client.live(daily, { signal: stop.signal })
  const rest = all(items)

  await until(() => client.state === 'live')
  stop.abort()

  t.ok((await rest).every(({ type }) => type === 'status' || type === 'caught_up'))
  t.same(await all(client.live(daily, { signal: AbortSignal.abort() })), [])
  await until(() => client.state === 'idle')
})

t.test('leaving the client ends the loop, and so does giving it up', async t => {
  const { client } = await given(t)
  const rest = all(client.live(daily))
  await until(() => client.state === 'live')
  {
    await using other = client.live({ channels: ['combo'] })
    t.ok(other.status)
  }
  client.close()
  await rest
  t.equal(client.state, 'closed')
})

t.test('what was refused for good is thrown', async t => {
  const { service, client } = await given(t)
  service.refuseWith = 4000
  await t.rejects(take(client.live(daily), 1), { name: 'LiveRefusedError', message: /4000/, refusal: undefined })

  service.refuseWith = undefined
  client.reconnect()
  client.live(daily)
  await until(() => client.state === 'live')
  const refusal = { code: 'forbidden', detail: 'You may not', action: 'Ask for less', temporary: false }
  service.refuses = ({ channel }) => (channel === 'combo' ? { type: 'error', ...refusal } : undefined)
  const error = await take(client.live({ channels: ['combo'] }), 1).catch((error: unknown) => error)
  t.ok(error instanceof LiveRefusedError)
  t.match(error, { message: 'You may not. Ask for less', refusal })
})

t.test('a store that cannot say where it begins ends the loop with its error', async t => {
  const { client } = await given(t)
  const load = async () => {
    throw new Error('no such disk')
  }

  await t.rejects(take(client.live({ keep: { store: { load, save: () => undefined }, key: 'k' } }), 1), {
    message: 'no such disk'
  })
})
