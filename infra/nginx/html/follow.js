const CHANNELS = ['daily', 'intraday', 'combo']
const CONNECT_WITHIN_MS = 10_000
const LONGEST_WAIT_MS = 15_000

/**
 * Follows all channels over one WebSocket by the rules of tickstock.v1: a position for each channel, so that nothing is
 * shown twice, and what is missing is asked for again or told.
 */
export class Follower {
  #options
  #positions
  #socket
  #feeds = new Map()
  #failures = 0
  #questions = 0
  #heartbeatMs = 0
  #silence
  #retry

  /** options: positions, filter, identity {token} or {user}, onEvent, onGap, onPositions, onState */
  constructor(options) {
    this.#options = options
    this.#positions = new Map(CHANNELS.map(channel => [channel, options.positions[channel]]))
    this.#connect()
  }

  stop() {
    clearTimeout(this.#retry)
    this.#leave()
  }

  #leave() {
    clearTimeout(this.#silence)
    const socket = this.#socket
    this.#socket = undefined
    socket?.close()
  }

  #connect() {
    this.#options.onState('connecting')
    const url = new URL('/ws', location.href)
    url.protocol = url.protocol.replace('http', 'ws')
    const socket = new WebSocket(url, 'tickstock.v1')
    this.#socket = socket
    this.#feeds.clear()
    this.#watch(CONNECT_WITHIN_MS)
    socket.onopen = () => this.#send({ type: 'auth', ...this.#options.identity })
    socket.onmessage = ({ data }) => {
      if (socket === this.#socket) this.#receive(JSON.parse(data))
    }
    socket.onclose = ({ code, reason }) => {
      if (socket === this.#socket) this.#closed(code, reason)
    }
  }

  #watch(ms) {
    clearTimeout(this.#silence)
    this.#silence = setTimeout(() => this.#again('silence'), ms)
  }

  #closed(code, reason) {
    if (code >= 4000 && code < 4100) {
      this.#leave()
      this.#options.onState(`stopped: ${reason || code}`)
    } else this.#again(`closed with ${code}`, code >= 4200 && code < 4300)
  }

  #again(why, atOnce = false) {
    this.#leave()
    this.#failures += 1
    const wait =
      atOnce && this.#failures === 1 ? 0 : Math.random() * Math.min(LONGEST_WAIT_MS, 250 * 2 ** this.#failures)
    this.#options.onState(`waiting (${why})`)
    clearTimeout(this.#retry)
    this.#retry = setTimeout(() => this.#connect(), wait)
  }

  #send(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message))
  }

  /** What is refused for a while is asked for again on a new socket, after a wait. */
  #refused({ detail, temporary }) {
    if (temporary) this.#again(`refused: ${detail}`)
    else this.#options.onState(`refused: ${detail}`)
  }

  /** Everything after the position. Each question has its own name, so that answers are not mistaken. */
  #ask(channel) {
    for (const [feed, { channel: of, id }] of this.#feeds) {
      if (of !== channel) continue
      this.#feeds.delete(feed)
      this.#send({ type: 'unsubscribe', id })
    }
    this.#questions += 1
    const { filter } = this.#options
    this.#send({
      type: 'subscribe',
      id: `${channel}~${this.#questions}`,
      channel,
      filter,
      from: this.#positions.get(channel)
    })
  }

  #receive(frame) {
    if (this.#heartbeatMs > 0) this.#watch(2 * this.#heartbeatMs)
    for (const message of Array.isArray(frame) ? frame : [frame]) this.#heed(message)
    this.#options.onPositions(this.#positions)
  }

  #heed(message) {
    const { type } = message
    if (type === 'welcome') {
      this.#heartbeatMs = message.heartbeat_ms
      this.#watch(2 * this.#heartbeatMs)
      this.#options.onState('live')
      for (const channel of CHANNELS) this.#ask(channel)
    } else if (type === 'subscribed') this.#begin(message)
    else if (type === 'heartbeat') this.#heartbeat(message)
    else if (type === 'drain') this.#again('the server is going', true)
    else if (type === 'error') this.#refused(message)
    else if (type === 'event' || type === 'gap') {
      const channel = this.#feeds.get(message.feed)?.channel
      if (channel === undefined) return
      if (type === 'gap') this.#skip(channel, message.reason, message.next)
      else this.#event(channel, message)
    }
  }

  #begin({ id, feed, channel, position }) {
    if (!id.startsWith(`${channel}~`)) return
    this.#feeds.set(feed, { channel, id })
    const have = this.#positions.get(channel)
    if (position.epoch !== have.epoch || position.offset > have.offset) this.#skip(channel, 'expired', position)
  }

  #skip(channel, reason, next) {
    const have = this.#positions.get(channel)
    if (next.epoch === have.epoch && next.offset <= have.offset && reason !== 'ahead') return
    this.#positions.set(channel, next)
    this.#options.onGap({ channel, reason, have, next })
  }

  #event(channel, { epoch, offset, previous, event }) {
    const have = this.#positions.get(channel)
    if (epoch === have.epoch && offset <= have.offset) return
    if (epoch !== have.epoch || previous > have.offset) {
      this.#ask(channel)
      return
    }
    this.#positions.set(channel, { epoch, offset })
    this.#options.onEvent(event, offset)
  }

  #heartbeat({ feeds }) {
    for (const [feed, { channel }] of [...this.#feeds]) {
      const head = feeds[feed]
      const have = this.#positions.get(channel)
      if (head?.epoch !== have.epoch || head.last > have.offset) this.#ask(channel)
      else if (head.offset > have.offset) this.#positions.set(channel, { epoch: head.epoch, offset: head.offset })
    }
    this.#failures = 0
  }
}
