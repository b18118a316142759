import { gatewayGroup, type PerChannel, type Position } from '@tickstock/contracts'
import { GroupReader, Outage, pause, type RedisClient } from '@tickstock/event-log'
import type { Logger } from '@tickstock/service-kit'
import type { History } from '../domain/history.ts'
import type { SlotGroups } from '../stores/slot-groups.ts'
import type { HeldSlot, SlotLease } from '../stores/slot-lease.ts'
import type { ChannelFeed } from './channel-feed.ts'

export interface GatewayFeedsOptions {
  readonly feeds: PerChannel<ChannelFeed>
  readonly lease: SlotLease
  readonly groups: SlotGroups
  /** Time between looks for groups that nobody reads any more, ms. */
  readonly sweepMs: number
  readonly history: History
  readonly logger: Logger
  /** Makes a connection for a reader, which closes it. */
  readonly connect: () => RedisClient
  /** Where a group that is new begins: so many entries before the end. */
  readonly prefill: number
}

/** Wait between attempts to get a slot, ms; with as much jitter. */
const RETRY_MS = 250

/** Holds a slot, and reads every channel by the slot's consumer group. A slot that is lost is replaced. */
export class GatewayFeeds {
  readonly #options: GatewayFeedsOptions
  readonly #closing = new AbortController()
  readonly #outage: Outage
  #slot: number | undefined
  #running: Promise<void> | undefined

  constructor(options: GatewayFeedsOptions) {
    this.#options = options
    this.#outage = new Outage(options.logger, 'taking a slot')
  }

  /** The slot that is held now. */
  get slot(): number | undefined {
    return this.#slot
  }

  start(): void {
    this.#running ??= this.#run()
  }

  /** Stops reading, then gives the slot back. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      const held = await this.#takeSlot()
      if (held === undefined) await this.#pause()
      else await this.#readAs(held)
    }
  }

  async #takeSlot(): Promise<HeldSlot | undefined> {
    try {
      const held = await this.#options.lease.take()
      this.#outage.over()
      return held
    } catch (error) {
      this.#outage.failed(error)
      return undefined
    }
  }

  async #readAs(held: HeldSlot): Promise<void> {
    const { feeds, logger } = this.#options
    this.#slot = held.slot
    logger.info({ slot: held.slot }, 'reading as the group of this slot')
    const abort = AbortSignal.any([held.lost, this.#closing.signal])
    await Promise.all([
      ...Object.values(feeds).map(feed => this.#follow(feed, held.slot, abort)),
      this.#sweep(held.slot, abort)
    ])
    this.#slot = undefined
    await held.release()
  }

  async #follow(feed: ChannelFeed, slot: number, abort: AbortSignal): Promise<void> {
    const { connect, logger } = this.#options
    const { channel } = feed
    const from = await this.#startOf(feed, abort)
    if (from === undefined) return
    const group = gatewayGroup(slot)
    // One consumer a slot: who takes the slot over takes over what its last holder had not acknowledged.
    const reader = new GroupReader({ connect, channel, from, group, consumer: group, logger })
    await feed.follow(reader, abort)
  }

  /** @returns undefined when aborted before the log answered */
  async #startOf(feed: ChannelFeed, abort: AbortSignal): Promise<Position | undefined> {
    const { history, logger, prefill } = this.#options
    const outage = new Outage(logger, 'asking the log where it stands', { channel: feed.channel })
    while (!abort.aborted) {
      if (feed.position !== undefined) return feed.position
      try {
        const { head, floor } = await history.standing(feed.channel)
        outage.over()
        return { epoch: head.epoch, offset: Math.max(floor, head.offset - prefill) }
      } catch (error) {
        outage.failed(error)
        await this.#pause()
      }
    }
    return undefined
  }

  /** Other gateways look too, so each with a delay of its own. */
  async #sweep(slot: number, abort: AbortSignal): Promise<void> {
    const { groups, logger, sweepMs } = this.#options
    const outage = new Outage(logger, 'looking for groups that nobody reads')
    for (let claimed = false; !abort.aborted; await this.#pause(claimed ? sweepMs : RETRY_MS, abort)) {
      try {
        if (!claimed) await groups.claim(slot)
        claimed = true
        await groups.sweep()
        outage.over()
      } catch (error) {
        outage.failed(error)
      }
    }
  }

  async #pause(ms = RETRY_MS, signal = this.#closing.signal): Promise<void> {
    await pause(ms * (1 + Math.random()), signal)
  }
}
