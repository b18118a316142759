import { join } from 'node:path'
import { createClient, type LiveStatus, type MissedEvents, type PositionStore } from '@tickstock/client'
import { fileStore } from '@tickstock/client/node'
import { acknowledgedKey, logKey, type Position } from '@tickstock/contracts'
import { type Teardown, temporaryFolder, until } from '@tickstock/test-kit'
import t from 'tap'
import { connect, startGateway, startLog, subscribe, upTo } from './gateway-fixture.ts'

const FIELD = 'laptop page daily'

/** A program of the user that is started again and again, with its file of positions. */
async function startWorld(t: Teardown) {
  const log = await startLog(t)
  const gateway = await startGateway(t, log.server.url, { RING_SIZE: '5' })
  const path = join(await temporaryFolder(t), 'positions.json')
  let saving: unknown
  t.teardown(() => saving)
  /** Each run of the program reads the file itself. */
  const store = (): PositionStore => {
    const file = fileStore(path)
    return { ...file, save: (key, positions) => (saving = file.save(key, positions)) }
  }

  const visit = async ({ keeps = true }: { readonly keeps?: boolean } = {}) => {
    const client = createClient({ url: `http://127.0.0.1:${gateway.port}`, user: 'alice', device: 'laptop' })
    t.teardown(() => client.close())
    const offsets: number[] = []
    const gaps: MissedEvents[] = []
    const states: LiveStatus['state'][] = []
    const keep = { store: store(), key: 'page' }
    const subscription = client.subscribe(
      { channels: ['daily'], name: 'page', from: 'acknowledged', ...(keeps && { keep }) },
      {
        onEvent: (_, { position }) => offsets.push(position.offset),
        onGap: gap => gaps.push(gap),
        onStatus: ({ state }) => states.push(state)
      }
    )
    await until(() => subscription.positions.daily && subscription.status.state !== 'catching_up', {
      what: 'the subscription to be live'
    })
    return { client, subscription, offsets, gaps, states }
  }
  const stored = async (): Promise<Position | undefined> => {
    const text = await log.redis.hget(acknowledgedKey('alice'), FIELD)
    return text === null ? undefined : JSON.parse(text)
  }
  /** The program is done with so many events and ends, when the server and its file have its position. */
  const visitUntil = async (offset: number): Promise<Position> => {
    const { client, offsets, gaps } = await visit()
    await log.appendMany(offset)
    await until(async () => (await stored())?.offset === offset, { what: 'the position to be stored' })
    await until(async () => (await fileStore(path).load('page'))?.daily?.offset === offset, { what: 'the file' })
    client.close()
    if (offsets.length !== offset || gaps.length > 0) throw new Error('a first visit is now, without a gap')
    const { epoch } = (await stored()) ?? {}
    if (epoch === undefined) throw new Error('a stored position')
    return { epoch, offset }
  }
  return { log, gateway, visit, visitUntil, stored }
}

t.test('a program whose stored position was deleted resumes from its own and loses nothing', async t => {
  const { log, visit, visitUntil, stored } = await startWorld(t)
  await visitUntil(10)
  await log.redis.hdel(acknowledgedKey('alice'), FIELD)
  await log.appendMany(20)

  const { offsets, gaps } = await visit()
  await until(() => offsets.at(-1) === 30)

  t.same([offsets, gaps], [upTo(30, 11), []])
  await until(async () => (await stored())?.offset === 30, { what: 'the position to be stored again' })
})

t.test('a program whose stored position was deleted receives a gap for what retention cut', async t => {
  const { log, visit, visitUntil } = await startWorld(t)
  const have = await visitUntil(10)
  await log.redis.del(acknowledgedKey('alice'))
  await log.appendMany(20)
  await log.redis.xtrim(logKey('daily'), 'MAXLEN', 8)

  const { subscription, offsets, gaps, states } = await visit()
  await until(() => offsets.at(-1) === 30)

  t.same(gaps, [{ reason: 'position_lost', have, next: { ...have, offset: 22 } }])
  t.same(offsets, upTo(30, 23))
  await until(() => states.at(-1) === 'gap')
  subscription.rescanned()
  t.equal(subscription.status.state, 'live')
})

t.test('a program receives a gap where Redis was flushed, and everything of the new log', async t => {
  const { log, gateway, visit, visitUntil } = await startWorld(t)
  const have = await visitUntil(10)
  const witness = await connect(t, gateway)
  await subscribe(witness)
  await log.redis.flushall()
  log.forget()
  await log.appendMany(3)
  await witness.next(message => message.type === 'event' && message.offset === 3)

  const { offsets, gaps } = await visit()
  await until(() => offsets.length === 3)

  t.match(gaps, [{ reason: 'position_lost', have, next: { offset: 0 } }])
  t.not(gaps[0]?.next.epoch, have.epoch)
  t.same(offsets, [1, 2, 3])
})

t.test('a program without a record of its own begins now where nothing is stored', async t => {
  const { log, visit, visitUntil } = await startWorld(t)
  await visitUntil(10)
  await log.redis.hdel(acknowledgedKey('alice'), FIELD)
  await log.appendMany(5)

  const { subscription, offsets, gaps } = await visit({ keeps: false })

  t.match(subscription.positions, { daily: { offset: 15 } })
  t.same([offsets, gaps], [[], []])
})
