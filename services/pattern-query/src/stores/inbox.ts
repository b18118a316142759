import { type Static, Type } from '@sinclair/typebox'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import { INBOX_GROUP, INBOX_KEY } from '@tickstock/contracts'
import { UnexpectedReplyError } from '@tickstock/event-log'
import type { Redis } from 'ioredis'

/** An event that a producer left in the inbox. */
export interface InboxEntry {
  readonly id: string
  /** The `channel` field, where the producer gave one. */
  readonly channel: string | undefined
  /** The bytes of the `event` field; of an entry without one, the names of its fields. */
  readonly payload: Buffer
}

const Bytes = Type.Uint8Array()
const Entries = Type.Array(Type.Tuple([Bytes, Type.Union([Type.Array(Bytes), Type.Null()])]))
const isReadReply = TypeCompiler.Compile(Type.Union([Type.Null(), Type.Tuple([Type.Tuple([Bytes, Entries])])]))
const isClaimReply = TypeCompiler.Compile(Type.Tuple([Bytes, Entries, Type.Array(Bytes)]))

/** Entries read at once. */
const COUNT = 256

/** An entry not acknowledged for so long belonged to a replica that is gone, ms. */
const ABANDONED_AFTER = 30_000

/** The durable way in, read by a consumer group: each entry by one replica, until it is done with. */
export class Inbox {
  readonly #redis: Redis
  readonly #consumer: string

  /**
   * @param redis a connection of its own: reads block
   * @param consumer the name of this replica
   */
  constructor(redis: Redis, consumer: string) {
    this.#redis = redis
    this.#consumer = consumer
  }

  /** Makes the group where there is none, from the first entry: what was left before any replica ran counts too. */
  async join(): Promise<void> {
    try {
      await this.#redis.xgroup('CREATE', INBOX_KEY, INBOX_GROUP, '0', 'MKSTREAM')
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('BUSYGROUP'))) throw error
    }
  }

  /** What was read by this replica before, and is not done with: its answer may have been lost on the way. */
  async readOwn(): Promise<InboxEntry[]> {
    const group = ['GROUP', INBOX_GROUP, this.#consumer] as const
    return this.#entries(await this.#redis.xreadgroupBuffer(...group, 'COUNT', COUNT, 'STREAMS', INBOX_KEY, '0'))
  }

  /** New entries; waits for them up to `blockMs`. */
  async readNew(blockMs: number): Promise<InboxEntry[]> {
    const group = ['GROUP', INBOX_GROUP, this.#consumer] as const
    return this.#entries(
      await this.#redis.xreadgroupBuffer(...group, 'COUNT', COUNT, 'BLOCK', blockMs, 'STREAMS', INBOX_KEY, '>')
    )
  }

  /** Takes over what replicas that are gone have left undone. */
  async claimAbandoned(): Promise<InboxEntry[]> {
    const reply: unknown = await this.#redis.callBuffer(
      'XAUTOCLAIM',
      INBOX_KEY,
      INBOX_GROUP,
      this.#consumer,
      ABANDONED_AFTER,
      '0',
      'COUNT',
      COUNT
    )
    if (!isClaimReply.Check(reply)) throw new UnexpectedReplyError('XAUTOCLAIM replied something else')
    return entriesOf(reply[1])
  }

  /** Done with: acknowledged, and taken out, so that the inbox does not grow for ever. */
  async done(entries: readonly InboxEntry[]): Promise<void> {
    const ids = entries.map(({ id }) => id)
    if (ids.length === 0) return
    await this.#redis
      .multi()
      .xack(INBOX_KEY, INBOX_GROUP, ...ids)
      .xdel(INBOX_KEY, ...ids)
      .exec()
  }

  #entries(reply: unknown): InboxEntry[] {
    if (!isReadReply.Check(reply)) throw new UnexpectedReplyError('XREADGROUP replied something else')
    return entriesOf(reply?.[0][1] ?? [])
  }
}

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8')

/** An entry that was deleted while it was pending comes without fields; it goes the way of any that cannot be read. */
function entriesOf(entries: Static<typeof Entries>): InboxEntry[] {
  return entries.map(([id, given]) => {
    const fields = pairsOf(given ?? [])
    const channel = fields.get('channel')
    const event = fields.get('event')
    return {
      id: textOf(id),
      channel: channel && textOf(channel),
      payload: event ? Buffer.from(event) : Buffer.from(JSON.stringify([...fields.keys()]))
    }
  })
}

function pairsOf(fields: readonly Uint8Array[]): Map<string, Uint8Array> {
  const pairs = new Map<string, Uint8Array>()
  for (const [at, field] of fields.entries()) {
    const value = fields[at + 1]
    if (at % 2 === 0 && value) pairs.set(textOf(field), value)
  }
  return pairs
}
