import { SUBPROTOCOL, type Subscribe } from '@tickstock/contracts'
import type { WebSocket } from 'ws'

const DIALECTS = ['plain', 'tickstock', 'distinct', 'socket.io'] as const

/** How a client makes itself a subscriber. `distinct`: with a filter that is no other's, and lets everything pass. */
export type Dialect = (typeof DIALECTS)[number]

export const isDialect = (name: string): name is Dialect => DIALECTS.some(dialect => dialect === name)

interface Speech {
  readonly subprotocols: readonly string[]
  /** What the nth client says to a message that is no event. @returns whether it is a subscriber now */
  readonly answer: (socket: WebSocket, message: string, n: number) => boolean
  /** What it says first. */
  readonly greet?: (socket: WebSocket, n: number) => void
}

const subscribe = (n: number, isDistinct: boolean): Subscribe => ({
  type: 'subscribe',
  id: 's',
  channel: 'daily',
  from: 'now',
  ...(isDistinct && { filter: { confidence_min: (n + 1) / 1_000_000 } })
})

const tickstock = (isDistinct: boolean): Speech => ({
  subprotocols: [SUBPROTOCOL],
  greet: (socket, n) => socket.send(JSON.stringify({ type: 'auth', user: `load-${n}` })),
  answer: (socket, message, n) => {
    if (message.includes('"type":"welcome"')) socket.send(JSON.stringify(subscribe(n, isDistinct)))
    return message.includes('"type":"subscribed"')
  }
})

export const SPEECHES: Readonly<Record<Dialect, Speech>> = {
  plain: { subprotocols: [], answer: () => false },
  tickstock: tickstock(false),
  distinct: tickstock(true),
  // The protocol of Engine.IO 4 and Socket.IO 5 by hand: the library's own client would cost the crowd several times as much.
  'socket.io': {
    subprotocols: [],
    answer: (socket, message) => {
      if (message.startsWith('0')) socket.send('40')
      if (message === '2') socket.send('3')
      return message.startsWith('42["welcome"')
    }
  }
}
