import { connect } from 'node:net'
import { connect as connectSecurely } from 'node:tls'
import { AbstractConnector } from 'ioredis'
import type { RedisHost } from './redis-address.ts'

/** How long a connection may take to end when it is told to, ms. */
const DISCONNECT_WITHIN = 2_000

/** What connects ioredis to one host after the other: to the next at each attempt, from any on. */
export function connectorTo(hosts: readonly RedisHost[], tls: boolean): new () => AbstractConnector {
  let next = Math.floor(Math.random() * hosts.length)

  return class NodeConnector extends AbstractConnector {
    constructor() {
      super(DISCONNECT_WITHIN)
    }

    async connect() {
      this.connecting = true
      const host = { port: 6379, ...hosts[next++ % hosts.length] }
      const stream = tls ? connectSecurely(host) : connect(host)
      stream.once('error', error => {
        this.firstError = error
      })
      this.stream = stream
      return stream
    }
  }
}
