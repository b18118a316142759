import { setTimeout as delay } from 'node:timers/promises'
import { Value } from '@sinclair/typebox/value'
import {
  acknowledgedKey,
  CHANNELS,
  type Channel,
  decodeLogEntry,
  entryId,
  gatewayGroup,
  headKey,
  INBOX_KEY,
  logKey,
  type PerChannel,
  Position,
  perChannel
} from '@tickstock/contracts'
import { openRedis, type RedisClient } from '@tickstock/event-log'
import { until } from '@tickstock/test-kit'
import { KeptPositions } from './kept-positions.ts'
import { monotonicTime, Truth } from './truth.ts'

/** Between two looks, ms. */
const LOOK_EVERY = 25
const PAGE = 1_000
const EMPTIED_WITHIN = 45_000

type StreamEntries = readonly (readonly [id: string, fields: string[]])[]

/** What was cut off a log. */
export interface Cut {
  /** Entries that some gateway's group had not acknowledged. */
  readonly unread: number
  /** Offset of the oldest that is left. */
  readonly first: number
  /** Offset up to which every gateway's group has acknowledged all. */
  readonly acknowledged: number
}

interface Seen {
  epoch: string | undefined
  offset: number
}

/**
 * Follows the logs from beside, by plain reads on a connection of its own, and remembers all that ever stood in them. It shares nothing with the readers of
 * the services, so it is fooled by none of their mistakes.
 */
export class Witness {
  readonly truth = new Truth()
  readonly kept = new KeptPositions()
  #users: readonly string[] = []
  readonly #redis: RedisClient
  readonly #seen: PerChannel<Seen> = perChannel(() => ({ epoch: undefined, offset: 0 }))
  readonly #stop = new AbortController()
  #heads: PerChannel<Position> = perChannel(() => ({ epoch: '', offset: 0 }))
  #running: Promise<void> = Promise.resolve()
  #turn: Promise<void> = Promise.resolve()

  constructor(url: string) {
    this.#redis = openRedis({ url, name: 'chaos witness', commandTimeout: 2_000 })
    // Redis is killed on purpose; what fails is looked at again.
    this.#redis.on('error', () => undefined)
  }

  /** Where the logs stood at the last look. */
  get heads(): PerChannel<Position> {
    return this.#heads
  }

  /** From now on what is kept of these is looked at too. */
  watch(users: readonly string[]): void {
    this.#users = users
  }

  start(): void {
    this.#running = this.#follow()
  }

  async close(): Promise<void> {
    this.#stop.abort()
    await this.#running
    this.#redis.disconnect()
  }

  /** Reads what is there now. @throws what ioredis throws */
  look(): Promise<void> {
    const turn = this.#turn.then(() => this.#look())
    this.#turn = turn.catch(() => undefined)
    return turn
  }

  /** Reads the last of the logs and makes them go, with nothing between the two. */
  async lookAndFlush(): Promise<void> {
    await this.look()
    const last = this.#redis.multi()
    for (const channel of CHANNELS) last.xrange(logKey(channel), entryId(this.#seen[channel].offset + 1), '+')
    const replies = await last.flushall().exec()
    CHANNELS.forEach((channel, index) => {
      for (const [id, fields] of entriesOf(replies?.[index])) this.truth.note(channel, decodeLogEntry(id, fields))
    })
  }

  /** Entries of the inbox that are not in the log yet. */
  inboxLength(): Promise<number> {
    return this.#redis.xlen(INBOX_KEY)
  }

  /** Resolves when everything that was in the inbox is in the log. */
  async emptied(): Promise<void> {
    await until(async () => (await this.inboxLength()) === 0, { within: EMPTIED_WITHIN, what: 'the inbox to be empty' })
  }

  /** What was cut off a log, by the log's own word; and, to hold against it, how far the group that is furthest behind has got. */
  async cutOf(channel: Channel): Promise<Cut> {
    const groups = [gatewayGroup(0), gatewayGroup(1)]
    const log = logKey(channel)
    const asked = this.#redis.multi().hget(headKey(channel), 'cut_unread').xrange(log, '-', '+', 'COUNT', 1)
    asked.xinfo('GROUPS', log)
    for (const group of groups) asked.xpending(log, group)
    const [unread, oldest, about, ...pending] = (await asked.exec()) ?? []
    const [[first = '1-0'] = []] = entriesOf(oldest)
    const acknowledged = groupsOf(about).map(([name, last]) => {
      const waiting = oldestPendingOf(pending[groups.indexOf(name)])
      return waiting === undefined ? offsetOf(last) : Math.min(offsetOf(last), offsetOf(waiting) - 1)
    })
    return {
      unread: Number(resultOf(unread) ?? 0),
      first: offsetOf(first),
      acknowledged: Math.min(...acknowledged)
    }
  }

  /** Whether a position is kept of each of these. */
  async hasAcknowledged(user: string, device: string, name: string, channels: readonly Channel[]): Promise<boolean> {
    const kept = await this.#redis.hmget(acknowledgedKey(user), ...channels.map(one => `${device} ${name} ${one}`))
    return kept.every(position => position !== null)
  }

  async #follow(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      // A Redis that is away is looked at again; what it lost meanwhile shows by its head.
      await this.look().catch(() => undefined)
      await delay(LOOK_EVERY)
    }
  }

  async #look(): Promise<void> {
    for (const channel of CHANNELS) while (await this.#lookAt(channel));
    for (const user of this.#users) {
      const positions = await this.#redis.hgetall(acknowledgedKey(user))
      for (const [name, text] of Object.entries(positions))
        this.kept.note(user, name, Value.Parse(Position, JSON.parse(text)))
    }
  }

  /** @returns whether there is more */
  async #lookAt(channel: Channel): Promise<boolean> {
    const seen = this.#seen[channel]
    const replies = await this.#redis
      .multi()
      .hmget(headKey(channel), 'epoch', 'offset', 'start')
      .xrange(logKey(channel), entryId(seen.offset + 1), '+', 'COUNT', PAGE)
      .xrange(logKey(channel), '-', '+', 'COUNT', 1)
      .exec()
    const [epoch, offset, start] = fieldsOf(replies?.[0])
    if (epoch === undefined) return false
    if (epoch !== seen.epoch) {
      // It began anew: what stands in it now is read from its beginning.
      this.truth.begin(channel, epoch, Number(start ?? 0))
      seen.epoch = epoch
      seen.offset = 0
      return true
    }
    const entries = entriesOf(replies?.[1])
    for (const [id, fields] of entries) {
      const entry = decodeLogEntry(id, fields)
      this.truth.note(channel, entry)
      seen.offset = entry.offset
    }
    const [oldest] = entriesOf(replies?.[2])
    const top = Number(offset ?? 0)
    const first = oldest === undefined ? top + 1 : Number.parseInt(oldest[0], 10)
    this.truth.sees(channel, epoch, { seenAt: monotonicTime(), first, top })
    this.#heads = { ...this.#heads, [channel]: { epoch, offset: Number(offset ?? 0) } }
    return entries.length === PAGE
  }
}

type Reply = readonly [error: Error | null, result: unknown] | undefined

function fieldsOf(reply: Reply): (string | undefined)[] {
  const result = resultOf(reply)
  return Array.isArray(result) ? result.map(field => (typeof field === 'string' ? field : undefined)) : []
}

/** Of `XPENDING`: the id of the oldest entry that is pending, if there is one. */
function oldestPendingOf(reply: Reply): string | undefined {
  const [, oldest] = fieldsOf(reply)
  return oldest
}

/** Of `XINFO GROUPS`: each one's name, and the id that was delivered to it last. */
function groupsOf(reply: Reply): [name: string, delivered: string][] {
  const result = resultOf(reply)
  const groups = Array.isArray(result) ? result.filter(Array.isArray) : []
  return groups.map(about => {
    const fields = about.map(String)
    const field = (name: string) => fields[fields.indexOf(name) + 1] ?? ''
    return [field('name'), field('last-delivered-id')]
  })
}

const offsetOf = (id: string): number => Number.parseInt(id, 10)

function entriesOf(reply: Reply): StreamEntries {
  const result = resultOf(reply)
  return Array.isArray(result) ? result.filter(isEntry) : []
}

function resultOf(reply: Reply): unknown {
  if (reply?.[0]) throw reply[0]
  return reply?.[1]
}

const isEntry = (value: unknown): value is [string, string[]] => Array.isArray(value) && Array.isArray(value[1])
