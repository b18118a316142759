import { Type } from '@sinclair/typebox'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import {
  CHANNELS,
  type Channel,
  FREE_SLOTS_KEY,
  gatewayGroup,
  logKey,
  slotKey,
  slotOfGroup
} from '@tickstock/contracts'
import { type RedisClient, UnexpectedReplyError } from '@tickstock/event-log'
import type { Logger } from '@tickstock/service-kit'
import type { SlotLease } from './slot-lease.ts'

export interface SlotGroupsOptions {
  readonly redis: RedisClient
  readonly logger: Logger
  readonly lease: Pick<SlotLease, 'take'>
  /** How long the groups of a slot that nobody holds stay, ms. */
  readonly retentionMs: number
  /** ms since 1970. Default: the clock of Redis, which is one for all gateways: by its own, one that is ahead would remove what was left a moment ago. */
  readonly now?: () => number | Promise<number>
}

const isGroups = TypeCompiler.Compile(Type.Array(Type.Array(Type.Unknown())))

/**
 * The consumer groups that gateways leave: each log keeps them for ever, with all that was not acknowledged.
 *
 * Leases and logs lie in different slots of a cluster, so no script can hold one against the other. Instead, who removes the groups of a slot
 * holds the slot meanwhile, as a gateway does, and looks again since when it was free. Should a lease run out between the look and the removal,
 * the reader of a group that is gone makes it again, after what it has acknowledged.
 */
export class SlotGroups {
  readonly #options: SlotGroupsOptions
  readonly #now: () => number | Promise<number>

  constructor(options: SlotGroupsOptions) {
    this.#options = options
    this.#now = options.now ?? (() => timeOf(options.redis))
  }

  /** The slot is in use: its time begins anew when it is free. For its holder. */
  async claim(slot: number): Promise<void> {
    await this.#options.redis.hdel(FREE_SLOTS_KEY, `${slot}`)
  }

  /** Notes which slots with groups are free, and removes the groups of those that have been so for long. */
  async sweep(): Promise<void> {
    const slots = new Set((await Promise.all(CHANNELS.map(channel => this.#slotsOf(channel)))).flat())
    for (const slot of slots) await this.#look(slot)
  }

  async #look(slot: number): Promise<void> {
    const { redis, lease } = this.#options
    if ((await redis.exists(slotKey(slot))) > 0) return this.claim(slot)
    await redis.hsetnx(FREE_SLOTS_KEY, `${slot}`, await this.#now())
    if (!(await this.#isOld(slot))) return
    const held = await lease.take(slot)
    try {
      if (held !== undefined && (await this.#isOld(slot)) && !held.lost.aborted) await this.#remove(slot)
    } finally {
      await held?.release()
    }
  }

  async #isOld(slot: number): Promise<boolean> {
    const { redis, retentionMs } = this.#options
    const since = await redis.hget(FREE_SLOTS_KEY, `${slot}`)
    return since !== null && (await this.#now()) - Number(since) >= retentionMs
  }

  async #remove(slot: number): Promise<void> {
    const { redis, logger } = this.#options
    for (const channel of CHANNELS) {
      if ((await redis.exists(logKey(channel))) > 0) await redis.xgroup('DESTROY', logKey(channel), gatewayGroup(slot))
    }
    await this.claim(slot)
    logger.info({ slot }, 'the groups of a slot that nobody held any more are removed')
  }

  async #slotsOf(channel: Channel): Promise<number[]> {
    const { redis } = this.#options
    if ((await redis.exists(logKey(channel))) === 0) return []
    const groups = await redis.xinfo('GROUPS', logKey(channel))
    if (!isGroups.Check(groups)) throw new UnexpectedReplyError('XINFO GROUPS replied something else than groups')
    return groups.flatMap(([, name]) => slotOfGroup(String(name)) ?? [])
  }
}

/** ms since 1970, to the second. */
async function timeOf(redis: RedisClient): Promise<number> {
  const [seconds] = await redis.time()
  return Number(seconds) * 1000
}
