import type { ServerMessage } from '@tickstock/contracts'
import fc from 'fast-check'
import t from 'tap'
import type { SessionEffect, SessionState } from '../../src/session/effect.ts'
import type { SessionInput } from '../../src/session/input.ts'
import { Session } from '../../src/session/session.ts'
import { countersFromZero } from '../../src/session/session-counters.ts'

const HEARTBEAT_MS = 10_000
const LONGEST_MS = 15_000

/** A session with one subscription, whose server and network are the test itself. */
function given({ random = () => 0.5 }: { readonly random?: () => number } = {}) {
  const session = new Session({
    random,
    answerWithinMs: 10_000,
    renewable: false,
    window: 2000,
    counters: countersFromZero(),
    backOff: { firstMs: 250, longestMs: LONGEST_MS }
  })
  let now = 0
  let status = ''
  let socket = 0
  const step = (input: SessionInput): readonly SessionEffect[] => {
    const effects = session.step(input, now)
    for (const effect of effects) {
      if (effect.type === 'status') status = effect.status.state
      if (effect.type === 'open') socket = effect.socket
    }
    return effects
  }
  const hears = (...messages: ServerMessage[]) => step({ type: 'frame', socket, text: JSON.stringify(messages) })
  const position = { epoch: 'e', offset: 0 }
  let wire = ''
  /** The last socket is opened and serves. */
  const serves = () => {
    step({ type: 'opened', socket })
    const welcome = { type: 'welcome', user: 'u', server: 's', time: now, heartbeat_ms: HEARTBEAT_MS } as const
    for (const effect of hears(welcome)) {
      if (effect.type === 'send' && effect.message.type === 'subscribe') wire = effect.message.id
    }
    hears({ type: 'subscribed', id: wire, feed: 'f', channel: 'daily', mode: 'live', position, top: 0 })
  }
  const beats = () =>
    hears({
      type: 'heartbeat',
      time: now,
      feeds: { f: { ...position, last: 0, top: 0 } },
      pipeline: { read_age_ms: 0, event_age_ms: null }
    })
  /** Runs what is due until a time, in time. */
  const passes = (ms: number) => {
    const effects: SessionEffect[] = []
    const until = now + ms
    while (session.wakeAt <= until) {
      now = Math.max(now, session.wakeAt)
      effects.push(...step({ type: 'tick' }))
    }
    now = until
    return effects
  }
  const sleeps = (ms: number) => {
    now += ms
    return step({ type: 'tick' })
  }
  const breaks = () => step({ type: 'closed', socket, code: 1006, reason: '' })
  step({ type: 'subscribe', request: { id: 's', channel: 'daily', from: 'now' } })
  return {
    session,
    step,
    hears,
    serves,
    beats,
    passes,
    sleeps,
    breaks,
    status: () => status,
    time: () => now,
    state: (): SessionState => session.state
  }
}

const pingIn = (effects: readonly SessionEffect[]): string => {
  const [id = ''] = effects.flatMap(effect =>
    effect.type === 'send' && effect.message.type === 'ping' ? (effect.message.id ?? '') : []
  )
  return id
}
const kinds = (effects: readonly SessionEffect[]) => effects.map(({ type }) => type).filter(type => type !== 'status')

t.test('is offline at once when the platform says so, and live again when the server answers', async t => {
  const { step, serves, hears, passes, status, state, time } = given()
  serves()
  t.equal(status(), 'live')

  const id = pingIn(step({ type: 'offline' }))
  t.equal(status(), 'offline')
  t.not(id, '')
  hears({ type: 'pong', id: 'another', time: time() })
  t.equal(status(), 'offline', 'only the answer to this ping was surely sent after it')

  passes(100)
  hears({ type: 'pong', id, time: time() })
  t.equal(status(), 'live')
  t.same(kinds(passes(2_000)), [])
  t.equal(state(), 'live')
})

t.test('leaves a socket that does not answer, and tries rarely while offline', async t => {
  const { session, step, serves, passes, breaks, time, state } = given({ random: () => 1 })
  serves()

  step({ type: 'offline' })
  t.same(kinds(passes(1_750)), ['hang_up', 'state'])
  for (let attempt = 0; attempt < 3; attempt++) {
    t.equal(session.wakeAt, time() + 60_000)
    t.same(kinds(passes(60_000)), ['open', 'state'])
    breaks()
  }
  t.equal(state(), 'waiting')
})

t.test('keeps a socket whose line brings a backlog before the answer', async t => {
  const { step, serves, beats, passes, status, state } = given()
  serves()

  step({ type: 'offline' })
  passes(1_000)
  beats()
  t.equal(status(), 'offline', 'it may have been under way')
  passes(1_000)
  beats()

  t.equal(status(), 'live')
  t.same(kinds(passes(15_000)), [])
  t.equal(state(), 'live')
})

t.test('tries within half a second of the return of the network, after whatever outage', async t => {
  const randoms = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 50, maxLength: 50 })
  const outages = fc.record({
    randoms,
    seconds: fc.integer({ min: 0, max: 200 }),
    /** The platform may be late with the news, or leave it out. */
    toldAfter: fc.option(fc.integer({ min: 0, max: 5 })),
    /** An attempt without a network may fail at once, or hang. */
    hangs: fc.boolean()
  })
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(outages, ({ randoms, seconds, toldAfter, hangs }) => {
        let at = 0
        const { step, serves, passes, breaks, status, state } = given({
          random: () => randoms[at++ % randoms.length] ?? 0
        })
        serves()
        breaks()
        for (let second = 0; second < seconds; second++) {
          if (second === toldAfter) step({ type: 'offline' })
          const opened = passes(1_000).some(({ type }) => type === 'open')
          if (opened && !hangs && state() === 'connecting') breaks()
        }

        step({ type: 'online' })
        const opened = passes(500).filter(({ type }) => type === 'open').length
        serves()

        return opened === 1 && status() === 'live'
      })
    )
  )
})

t.test('clients that hear of the return in one instant do not come in one', async t => {
  const waits = [0, 0.2, 0.6, 1].map(random => {
    const { session, step, serves, breaks, passes, time } = given({ random: () => random })
    serves()
    breaks()
    step({ type: 'offline' })
    passes(60_000)
    breaks()
    step({ type: 'online' })
    return session.wakeAt - time()
  })

  t.same(waits, [0, 100, 300, 500])
})

t.test('after the return failures count from one again', async t => {
  const { session, step, serves, breaks, passes, time } = given({ random: () => 1 })
  serves()
  breaks()
  for (let attempt = 0; attempt < 8; attempt++) {
    passes(LONGEST_MS)
    breaks()
  }

  step({ type: 'online' })
  passes(500)
  breaks()

  t.equal(session.wakeAt, time() + 250)
})

t.test('begins an attempt again that had not opened, but not one that has', async t => {
  const hanging = given()
  t.match(hanging.step({ type: 'online' }), [
    { type: 'hang_up', socket: 1 },
    { type: 'state', state: 'waiting' }
  ])
  t.match(hanging.passes(500), [{ type: 'open', socket: 2 }, { type: 'state' }])

  const opened = given()
  opened.step({ type: 'opened', socket: 1 })
  t.same(opened.step({ type: 'online' }), [])
  t.same(kinds(opened.passes(2_999)), [])
  t.match(opened.passes(1), [{ type: 'hang_up', socket: 1 }, { type: 'state' }])
})

for (const type of ['wake', 'online'] as const) {
  t.test(`${type} checks a socket: one that answers stays, one that is silent is left soon`, async t => {
    const alive = given()
    alive.serves()
    const id = pingIn(alive.step({ type }))
    t.equal(alive.status(), 'live', 'nothing says that it is not')
    alive.hears({ type: 'pong', id, time: alive.time() })
    t.same(kinds(alive.passes(2 * HEARTBEAT_MS - 1)), [])

    const dead = given()
    dead.serves()
    dead.step({ type })
    t.match(dead.passes(1_500), [
      { type: 'hang_up', socket: 1, reason: 'silence' },
      { type: 'status' },
      { type: 'state' }
    ])
    t.match(dead.passes(125), [{ type: 'open', socket: 2 }, { type: 'state' }])
  })
}

t.test('a socket that is silent is left in time, however often it is checked', async t => {
  const { step, serves, passes, state } = given()
  serves()

  for (let second = 0; second < 15; second++) {
    step({ type: 'wake' })
    passes(100)
  }

  t.equal(state(), 'waiting')
})

t.test('wake makes the next attempt due, and keeps the count of failures', async t => {
  const { session, step, serves, breaks, passes, time } = given({ random: () => 1 })
  serves()
  breaks()
  for (let attempt = 0; attempt < 8; attempt++) {
    passes(LONGEST_MS)
    breaks()
  }

  step({ type: 'wake' })
  t.equal(session.wakeAt, time() + 500)
  passes(500)
  breaks()

  t.equal(session.wakeAt, time() + LONGEST_MS)
})

t.test('a tick that comes late checks the socket before it leaves it', async t => {
  const awake = given()
  awake.serves()
  const id = pingIn(awake.sleeps(3_600_000))
  t.equal(awake.state(), 'live')
  awake.hears({ type: 'pong', id, time: 0 })
  t.equal(awake.status(), 'live', 'the clock that jumped makes nothing old')

  const dead = given()
  dead.serves()
  dead.sleeps(3_600_000)
  dead.sleeps(3_600_000)
  t.equal(dead.state(), 'waiting')
})

t.test('without a subscription, stopped or closed the network means nothing', async t => {
  const { step, serves, state } = given()
  serves()
  step({ type: 'unsubscribe', id: 's' })
  for (const type of ['offline', 'wake', 'online'] as const) t.same(step({ type }), [])
  t.equal(state(), 'idle')

  const stopped = given()
  stopped.serves()
  stopped.step({ type: 'closed', socket: 1, code: 4001, reason: '' })
  for (const type of ['offline', 'wake', 'online'] as const) t.same(stopped.step({ type }), [])
  t.equal(stopped.state(), 'stopped')
})
