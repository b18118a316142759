import assert from 'node:assert/strict'
import type { GapReason, Position, Subscribe } from '@tickstock/contracts'
import t from 'tap'
import { SimulatedLog } from './simulated-log.ts'
import { subscribingSetting } from './subscribing-setting.ts'

/** Of its present epoch the log has the events 6 to 12, and the ring 9 to 12. */
const FLOOR = 5
const RING = 8
const TOP = 12

const former = (offset: number): Position => ({ epoch: 'e1', offset })
const present = (offset: number): Position => ({ epoch: 'e2', offset })
type Maybe = Position | undefined

const subscribe: Subscribe = { type: 'subscribe', id: 's', channel: 'daily', name: 'page', from: 'acknowledged' }

function given() {
  const log = new SimulatedLog(100)
  for (let count = 0; count < 9; count++) log.append({})
  log.flush()
  for (let count = 0; count < RING; count++) log.append({})
  const setting = subscribingSetting({ log })
  setting.append(TOP - RING)
  log.trim(FLOOR)
  const store = (device: string, position: Maybe, at = 1) => {
    if (position === undefined) return
    const one = { device, name: 'page', channel: 'daily' as const, position, at }
    setting.positions.kept.set(`alice ${device} page daily`, one)
  }
  const begin = async (message: Partial<Subscribe>) => {
    const { asker, client } = setting.socket('alice', 'laptop')
    await setting.subscribing.begin(asker, { ...subscribe, ...message })
    await setting.settle(12)
    return client
  }
  return { ...setting, store, begin }
}

/** The table of PROTOCOL.md. */
function expected(stored: Maybe, known: Maybe): { readonly after: Maybe; readonly gap?: GapReason | undefined } {
  const gapAfter = ({ epoch, offset }: Position): GapReason | undefined => {
    if (epoch !== 'e2') return 'stream_reset'
    return offset > TOP ? 'ahead' : offset < FLOOR ? 'expired' : undefined
  }
  if (known === undefined) return { after: stored, gap: stored && gapAfter(stored) }
  if (stored && stored.epoch === known.epoch) {
    const after = stored.offset > known.offset ? stored : known
    return { after, gap: gapAfter(after) }
  }
  if (stored?.epoch === 'e2') return { after: stored, gap: gapAfter(stored) }
  const gap = gapAfter(known)
  return { after: known, gap: gap === 'expired' || gap === 'stream_reset' ? 'position_lost' : gap }
}

/** Of the former epoch two; of the present one: cut, just not cut, in the log, in the ring, its end, beyond. */
const PLACES: readonly Maybe[] = [undefined, former(4), former(8), ...[2, FLOOR, 7, 10, TOP, 20].map(present)]

/** A position of the present epoch is newer than any of the former one. */
const rank = ({ epoch, offset }: Position): number => (epoch === 'e2' ? 100 : 0) + offset

const OTHERS: readonly Maybe[] = [undefined, former(8), present(2), present(10)]

async function check(own: Maybe, other: Maybe, known: Maybe, from: 'acknowledged' | 'acknowledged_anywhere') {
  const { store, begin } = given()
  store('laptop', own, 1)
  store('phone', other, 2)

  const { messages } = await begin({ from, ...(known && { known }) })

  const isShared = from === 'acknowledged_anywhere' || (own ?? known) === undefined
  const candidates = [own, isShared ? other : undefined].flatMap(one => one ?? [])
  const [furthest] = candidates.sort((one, next) => rank(next) - rank(one))
  const { after, gap } = expected(furthest, known)
  const [subscribed, ...rest] = messages
  assert.ok(subscribed?.type === 'subscribed')
  assert.equal(subscribed.mode, after ? 'resumed' : 'live')
  assert.deepEqual(subscribed.position, after ?? present(TOP))
  const next = gap === 'ahead' || after === undefined ? present(TOP) : gap ? present(FLOOR) : after
  const gaps = rest.flatMap(one => (one.type === 'gap' ? [{ reason: one.reason, have: one.have, next: one.next }] : []))
  assert.deepEqual(gaps, gap ? [{ reason: gap, have: after, next }] : [])
  const offsets = rest.flatMap(one => (one.type === 'event' ? [one.offset] : []))
  assert.deepEqual(
    offsets,
    Array.from({ length: TOP - next.offset }, (_, at) => next.offset + 1 + at)
  )
}

t.test('whatever is stored and known, a durable subscription resumes or receives the gap', async t => {
  let checked = 0
  for (const own of PLACES)
    for (const other of OTHERS)
      for (const known of PLACES)
        for (const from of ['acknowledged', 'acknowledged_anywhere'] as const) {
          const what = JSON.stringify({ own, other, known, from })
          await check(own, other, known, from).catch(cause => assert.fail(new Error(what, { cause })))
          checked += 1
        }
  t.equal(checked, 2 * PLACES.length ** 2 * OTHERS.length)
})

t.test('once resumed from a known position, a later gap has its own reason', async t => {
  for (const from of [7, 10, TOP]) {
    const { log, publisher, settle, begin } = given()
    const client = await begin({ known: present(from), credits: 0 })
    log.flush()
    publisher.restart('daily', { epoch: log.epoch, offset: 0 })
    await settle(4)

    const gaps = client.messages.flatMap(one => (one.type === 'gap' ? [one] : []))
    t.match(gaps, [{ reason: 'stream_reset', have: present(from) }], `after ${from}`)
  }
})

t.test('ignores a known position with another `from`', async t => {
  for (const from of ['now', 'snapshot'] as const) {
    const { begin, snapshots } = given()
    snapshots.answers = [{ position: present(TOP), patterns: [], remaining: 0 }]
    const client = await begin({ from, known: present(2) })
    t.match(client.messages[0], { type: 'subscribed', position: present(TOP) }, from)
  }
})
