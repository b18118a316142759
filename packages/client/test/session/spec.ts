import assert from 'node:assert/strict'
import {
  decodeServerFrame,
  ProtocolError,
  type Reconnect,
  reconnectAfter,
  type ServerMessage
} from '@tickstock/contracts'
import type { SessionEffect, SessionState } from '../../src/session/effect.ts'
import type { SessionInput } from '../../src/session/input.ts'
import type { Session } from '../../src/session/session.ts'

/** What can happen to a session: each input; a close by what its code asks for, a frame by its message. */
type InputKind =
  | Exclude<SessionInput['type'], 'frame' | 'closed'>
  | `closed: ${Reconnect}`
  | ServerMessage['type']
  | 'broken frame'

/** What a session does, where it may be then, and which effects that may have beside those that may come at any time. */
interface Cell {
  readonly does: string
  /** Undefined: where it was. */
  readonly to?: readonly SessionState[]
  readonly may?: readonly SessionEffect['type'][]
}

type Row = Readonly<Record<SessionState, Cell>>

const NOTHING: Cell = { does: '' }
/** Where there is no socket, what is said of one is of one that was left. */
const LEFT = { idle: NOTHING, waiting: NOTHING, stopped: NOTHING, closed: NOTHING }
/** A socket ended: it may be the one in use, with or without a successor, or the successor. */
const AFTER_LOSS = ['waiting', 'connecting', 'live'] as const
const LOSS = ['open', 'hang_up'] as const

const kept: Cell = { does: 'kept' }
const ended: Cell = { does: '→ `closed`', to: ['closed'] }
/** Before its welcome a socket says nothing of subscriptions; its successor may, if that is ready before it. */
const early = (may: Cell['may'] = []): Cell => ({
  does: '',
  to: ['connecting', 'live', 'waiting'],
  may: [...may, ...LOSS]
})
const told = (does: string, may: Cell['may'] = []): Cell => ({ does, to: AFTER_LOSS, may: [...may, ...LOSS] })

/** The table of SPEC.md: every input in every state, so that one that is forgotten does not compile. */
const SPEC = {
  subscribe: {
    idle: { does: 'open', to: ['connecting'], may: ['open'] },
    connecting: { does: 'kept for the welcome' },
    live: { does: 'ask, on the successor if that is ready' },
    waiting: kept,
    stopped: kept,
    closed: NOTHING
  },
  unsubscribe: {
    idle: NOTHING,
    // The last one that a successor, ready before the socket in use, had not taken over: so it is over.
    connecting: { does: 'the last: hang up → `idle`', to: ['connecting', 'idle', 'live'], may: ['hang_up'] },
    live: {
      does: 'acknowledge, tell the server; the last: hang up → `idle`',
      to: ['live', 'idle'],
      may: ['hang_up']
    },
    waiting: { does: 'the last: → `idle`', to: ['waiting', 'idle'] },
    stopped: NOTHING,
    closed: NOTHING
  },
  applied: {
    idle: NOTHING,
    connecting: kept,
    live: { does: 'acknowledge, pull' },
    waiting: kept,
    stopped: kept,
    closed: NOTHING
  },
  tick: {
    idle: NOTHING,
    // A successor can be ready before the socket in use.
    connecting: {
      does: 'answer overdue: hang up, back off → `waiting`; token of a successor ends soon: renew',
      to: AFTER_LOSS,
      may: ['renew', ...LOSS]
    },
    live: {
      does: 'silence of 2 × heartbeat, or no answer to `subscribe`: hang up, back off → `waiting`; token ends soon: renew; time to retry: open a successor, or ask again',
      to: AFTER_LOSS,
      may: ['renew', ...LOSS]
    },
    waiting: { does: 'time to retry: open → `connecting`', to: ['waiting', 'connecting'], may: ['open'] },
    stopped: NOTHING,
    closed: NOTHING
  },
  reconnect: {
    idle: NOTHING,
    connecting: NOTHING,
    live: NOTHING,
    waiting: { does: 'open → `connecting`', to: ['connecting'], may: ['open'] },
    stopped: { does: 'open → `connecting`', to: ['connecting', 'idle'], may: ['open'] },
    closed: NOTHING
  },
  online: {
    idle: NOTHING,
    connecting: {
      does: 'not open yet: hang up, and open within 0.5 s; else less time for the welcome',
      to: AFTER_LOSS,
      may: LOSS
    },
    live: { does: 'ping; retry within 0.5 s', to: AFTER_LOSS, may: LOSS },
    waiting: { does: 'retry within 0.5 s; failures = 0' },
    stopped: NOTHING,
    closed: NOTHING
  },
  offline: {
    idle: NOTHING,
    connecting: { does: 'less time for the welcome' },
    live: { does: 'all are `offline` until the answer to a ping' },
    waiting: NOTHING,
    stopped: NOTHING,
    closed: NOTHING
  },
  wake: {
    idle: NOTHING,
    connecting: { does: 'less time for the welcome' },
    live: { does: 'ping; retry within 0.5 s' },
    waiting: { does: 'retry within 0.5 s' },
    stopped: NOTHING,
    closed: NOTHING
  },
  close: {
    idle: ended,
    connecting: { does: 'hang up → `closed`', to: ['closed'], may: ['hang_up'] },
    live: { does: 'acknowledge, hang up → `closed`', to: ['closed'], may: ['hang_up'] },
    waiting: ended,
    stopped: ended,
    closed: NOTHING
  },
  opened: {
    ...LEFT,
    connecting: { does: 'authenticate', may: ['authenticate'] },
    live: { does: 'authenticate the successor', may: ['authenticate'] }
  },
  renew_failed: {
    ...LEFT,
    connecting: { does: 'tell it; renew after a wait', may: ['warning'] },
    live: { does: 'tell it; renew after a wait', may: ['warning'] }
  },
  'closed: stop': {
    ...LEFT,
    connecting: {
      does: '→ `stopped`; where another token can be had, up to three in a row: back off → `waiting`',
      to: ['stopped', ...AFTER_LOSS],
      may: LOSS
    },
    live: {
      does: '→ `stopped`; 4000 where another token can be had: back off → `waiting`',
      to: ['stopped', ...AFTER_LOSS],
      may: LOSS
    }
  },
  'closed: resume': {
    ...LEFT,
    connecting: { does: 'back off → `waiting`', to: AFTER_LOSS, may: LOSS },
    live: {
      does: 'open at once, if a heartbeat was sound since the last time; else back off; with a successor: it takes over',
      to: AFTER_LOSS,
      may: LOSS
    }
  },
  'closed: back_off': {
    ...LEFT,
    connecting: { does: 'back off → `waiting`', to: AFTER_LOSS, may: LOSS },
    live: {
      does: 'back off → `waiting`; with a successor: it takes over; it was the successor: the old socket stays in use',
      to: AFTER_LOSS,
      may: LOSS
    }
  },
  'broken frame': {
    ...LEFT,
    connecting: { does: 'hang up, back off → `waiting`', to: AFTER_LOSS, may: LOSS },
    live: { does: 'hang up, back off → `waiting`', to: AFTER_LOSS, may: LOSS }
  },
  welcome: {
    ...LEFT,
    connecting: { does: 'ask for all → `live`', to: ['live', 'connecting'] },
    live: { does: 'successor: ask for all' }
  },
  refreshed: { ...LEFT, connecting: NOTHING, live: { does: 'renew before its end' } },
  drain: {
    ...LEFT,
    connecting: { does: 'open a successor', may: ['open'] },
    live: { does: 'open a successor', may: ['open'] }
  },
  pong: { ...LEFT, connecting: NOTHING, live: { does: 'the answer to the last ping: it lives' } },
  subscribed: {
    ...LEFT,
    connecting: early(['gap', 'position', 'retargeted']),
    live: told('take the feed; all feeds on the successor: hang up the old socket', ['gap', 'position', 'retargeted'])
  },
  snapshot: { ...LEFT, connecting: early(['snapshot']), live: told('tell the page', ['snapshot']) },
  event: { ...LEFT, connecting: early(['deliver']), live: told('deliver, drop, or ask again', ['deliver']) },
  heartbeat: {
    ...LEFT,
    connecting: early(['position']),
    live: told('move on, or ask again; all complete: failures = 0', ['position'])
  },
  gap: { ...LEFT, connecting: early(['gap']), live: told('tell it, or ask again', ['gap']) },
  retargeted: {
    ...LEFT,
    connecting: early(['retargeted', 'position']),
    live: told('take the new feed', ['retargeted', 'position'])
  },
  caught_up: { ...LEFT, connecting: early(['caught_up']), live: told('tell it', ['caught_up']) },
  slow: { ...LEFT, connecting: early(), live: told('it is `delayed`') },
  acknowledged: { ...LEFT, connecting: early(), live: told('what is kept need not be said again') },
  unsubscribed: { ...LEFT, connecting: NOTHING, live: told('') },
  error: {
    ...LEFT,
    connecting: { does: 'tell it', to: AFTER_LOSS, may: ['refused', 'warning', ...LOSS] },
    live: {
      does: 'tell it; final: the subscription ends, and with the last of them → `idle`; temporary: ask again after a wait',
      to: ['idle', ...AFTER_LOSS],
      may: ['refused', 'warning', ...LOSS]
    }
  }
} as const satisfies Record<InputKind, Row>

/** How a subscription stands, and in a session that is live what it is owed, may be told after any input. */
const ANY_TIME: readonly SessionEffect['type'][] = ['send', 'status', 'state']

/** Takes a step and holds it against the table. */
export function conforms(
  session: Session,
  input: SessionInput,
  step: () => readonly SessionEffect[]
): readonly SessionEffect[] {
  const before = session.state
  const effects = step()
  for (const kind of kindsOf(input)) {
    const row: Row = SPEC[kind]
    const { to = [before], may = [] } = row[before]
    const what = `${kind} in ${before}`
    assert.ok(to.includes(session.state), `${what} leads to ${session.state}`)
    for (const { type } of effects) assert.ok([...may, ...ANY_TIME].includes(type), `${what} has the effect ${type}`)
  }
  return effects
}

/** One for each message of a frame; the tests' frames have one. */
function kindsOf(input: SessionInput): InputKind[] {
  if (input.type === 'closed') return [`closed: ${reconnectAfter(input.code)}`]
  if (input.type !== 'frame') return [input.type]
  try {
    return decodeServerFrame(input.text).map(({ type }) => type)
  } catch (error) {
    assert.ok(error instanceof ProtocolError)
    return ['broken frame']
  }
}

const STATES = ['idle', 'connecting', 'live', 'waiting', 'stopped', 'closed'] as const satisfies SessionState[]

/** The table as Markdown, row by row. */
export function specRows(): string[] {
  return Object.entries<Row>(SPEC).map(([kind, row]) => {
    const cells = STATES.filter(state => state !== 'closed').map(state => row[state].does)
    return `| \`${kind}\` | ${cells.join(' | ')} |`
  })
}
