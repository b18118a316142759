import type { Channel, LogEntry, Position } from '@tickstock/contracts'
import type { GroupReader, LogSignal } from '@tickstock/event-log'
import type { Logger } from '@tickstock/service-kit'
import type { ChannelLog } from '../domain/channel-log.ts'
import type { Clock } from '../domain/clock.ts'
import type { History } from '../domain/history.ts'
import type { Pulse } from '../domain/pulse.ts'
import type { WebSocketPublisher } from '../domain/websocket-publisher.ts'

export interface ChannelFeedOptions {
  readonly log: ChannelLog
  readonly publisher: WebSocketPublisher
  readonly history: History
  readonly pulse: Pulse
  readonly logger: Logger
  /** Entries before the reader's position that a new ring is filled with, so that those who come back are served from memory. */
  readonly prefill: number
  readonly clock: Pick<Clock, 'now'>
}

type Reader = Pick<GroupReader, 'signals' | 'ack'>

/** Puts what a group reader tells into a channel's ring, and only then acknowledges it. */
export class ChannelFeed {
  readonly #options: ChannelFeedOptions
  readonly #log: ChannelLog
  #standing = false

  constructor(options: ChannelFeedOptions) {
    this.#options = options
    this.#log = options.log
  }

  get channel(): Channel {
    return this.#log.channel
  }

  /** How far the ring is; undefined before it stands. */
  get position(): Position | undefined {
    return this.#standing ? this.#log.position : undefined
  }

  /** Reads until aborted. Never rejects for want of the log. */
  async follow(reader: Reader, abort: AbortSignal): Promise<void> {
    for await (const signal of reader.signals(abort)) {
      await this.#take(signal)
      this.#options.pulse.beat(this.channel, this.#options.clock.now())
      if (signal.kind === 'entries') reader.ack(this.#log.position)
    }
  }

  async #take(signal: LogSignal): Promise<void> {
    const { publisher } = this.#options
    if (signal.kind === 'entries') await this.#append(signal.entries)
    else if (signal.kind === 'gap') this.#restart(signal.next)
    else {
      if (!this.#isAt(signal.head)) await this.#alignTo(signal.head)
      publisher.heard(this.channel)
    }
  }

  /** A group that was another's may stand before the ring's top, or after it. */
  async #append(entries: readonly LogEntry[]): Promise<void> {
    const { epoch, offset } = this.#log.position
    const fresh = this.#standing ? entries.filter(entry => entry.epoch !== epoch || entry.offset > offset) : entries
    const [first] = fresh
    if (first === undefined) return
    const before = { epoch: first.epoch, offset: first.offset - 1 }
    if (!this.#isAt(before)) await this.#alignTo(before)
    this.#options.publisher.append(this.channel, fresh)
  }

  #isAt({ epoch, offset }: Position): boolean {
    return this.#standing && this.#log.ring.epoch === epoch && this.#log.ring.top === offset
  }

  #restart(position: Position): void {
    this.#standing = true
    this.#options.publisher.restart(this.channel, position)
  }

  /** Brings the ring to a position, with what the log still has before it. Without that, clients read it from the log themselves. */
  async #alignTo(position: Position): Promise<void> {
    try {
      await this.#fillUpTo(position)
    } catch (error) {
      this.#options.logger.warn({ err: error, channel: this.channel }, 'the ring could not be filled from the log')
    }
    if (!this.#isAt(position)) this.#restart(position)
  }

  async #fillUpTo(position: Position): Promise<void> {
    const { history, prefill, publisher } = this.#options
    const { epoch, top } = this.#log.ring
    const follows = this.#standing && epoch === position.epoch && top <= position.offset
    if (!follows) {
      const { head, floor } = await history.standing(this.channel)
      if (head.epoch !== position.epoch) return
      const offset = Math.min(position.offset, Math.max(floor, position.offset - prefill))
      this.#restart({ epoch: position.epoch, offset })
    }
    for (;;) {
      const at = this.#log.position
      const page = at.offset < position.offset ? await history.page(this.channel, at.offset) : []
      const wanted = page.filter(entry => entry.epoch === at.epoch && entry.offset <= position.offset)
      if (wanted[0]?.offset !== at.offset + 1) return
      publisher.append(this.channel, wanted)
    }
  }
}
