import { type Static, Type } from '@sinclair/typebox'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import { INBOX_GROUP, INBOX_KEY } from '@tickstock/contracts'
import { type RedisClient, Script, UnexpectedReplyError } from '@tickstock/event-log'
import { fieldsOf } from './stream-fields.ts'

/** An event that a producer left in the inbox. */
interface InboxEntry {
  readonly id: string
  /** The `channel` field, where the producer gave one. */
  readonly channel: string | undefined
  /** The bytes of the `event` field; of an entry without one, its fields as JSON. */
  readonly payload: Buffer
}

export interface InboxRead {
  readonly entries: readonly InboxEntry[]
  /** Ids of entries that somebody deleted while they were pending: what they said is lost. */
  readonly deleted: readonly string[]
}

const Bytes = Type.Uint8Array()
const Entries = Type.Array(Type.Tuple([Bytes, Type.Union([Type.Array(Bytes), Type.Null()])]))
const isReadReply = TypeCompiler.Compile(Type.Union([Type.Null(), Type.Tuple([Type.Tuple([Bytes, Entries])])]))
const isClaimReply = TypeCompiler.Compile(Type.Tuple([Bytes, Entries, Type.Array(Bytes)]))

const reap = new Script({
  file: new URL('../../lua/reap-consumers.lua', import.meta.url),
  keys: ['inbox'],
  args: ['group', 'asking', 'goneAfterMs'],
  reply: Type.Integer({ minimum: 0 })
})

/** Entries read at once. */
export const INBOX_COUNT = 512

const ABANDONED_AFTER = 30_000

/** A replica asks for entries every second or so: one that did not for so long is gone, ms. */
const GONE_AFTER = 10 * 60_000

/** The durable way in, read by a consumer group: each entry by one replica, until it is done with. */
export class Inbox {
  readonly #redis: RedisClient
  readonly #consumer: string
  readonly #abandonedAfterMs: number

  /**
   * @param redis a connection of its own: reads block
   * @param consumer the name of this replica
   * @param abandonedAfterMs an entry not acknowledged for so long belonged to a replica that is gone. Default: 30,000
   */
  constructor(redis: RedisClient, consumer: string, abandonedAfterMs = ABANDONED_AFTER) {
    this.#redis = redis
    this.#abandonedAfterMs = abandonedAfterMs
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
  async readOwn(): Promise<InboxRead> {
    const group = ['GROUP', INBOX_GROUP, this.#consumer] as const
    return readOf(await this.#redis.xreadgroupBuffer(...group, 'COUNT', INBOX_COUNT, 'STREAMS', INBOX_KEY, '0'))
  }

  /** New entries; waits for them up to `blockMs`. */
  async readNew(blockMs: number): Promise<InboxRead> {
    const group = ['GROUP', INBOX_GROUP, this.#consumer] as const
    return readOf(
      await this.#redis.xreadgroupBuffer(...group, 'COUNT', INBOX_COUNT, 'BLOCK', blockMs, 'STREAMS', INBOX_KEY, '>')
    )
  }

  /** New entries, if there are any now. */
  async readReady(): Promise<InboxRead> {
    const group = ['GROUP', INBOX_GROUP, this.#consumer] as const
    return readOf(await this.#redis.xreadgroupBuffer(...group, 'COUNT', INBOX_COUNT, 'STREAMS', INBOX_KEY, '>'))
  }

  /** Takes over what replicas that are gone have left undone. */
  async claimAbandoned(): Promise<InboxRead> {
    const claim = [INBOX_KEY, INBOX_GROUP, this.#consumer, this.#abandonedAfterMs, '0', 'COUNT', INBOX_COUNT] as const
    const reply: unknown = await this.#redis.callBuffer('XAUTOCLAIM', ...claim)
    if (!isClaimReply.Check(reply)) throw new UnexpectedReplyError('XAUTOCLAIM replied something else')
    const read = entriesOf(reply[1])
    return { entries: read.entries, deleted: [...read.deleted, ...reply[2].map(textOf)] }
  }

  /** Takes replicas that are gone, and have nothing left to take over, out of the group. @returns how many */
  async reapConsumers(goneAfterMs = GONE_AFTER): Promise<number> {
    return reap.run(this.#redis, { inbox: INBOX_KEY }, { group: INBOX_GROUP, asking: this.#consumer, goneAfterMs })
  }

  /**
   * Done with: acknowledged, and taken out, so that the inbox does not grow for ever.
   *
   * @throws the first error of either
   */
  async done({ entries, deleted }: InboxRead): Promise<void> {
    const ids = [...entries.map(({ id }) => id), ...deleted]
    if (ids.length === 0) return
    const replies = await this.#redis
      .multi()
      .xack(INBOX_KEY, INBOX_GROUP, ...ids)
      .xdel(INBOX_KEY, ...ids)
      .exec()
    if (!replies) throw new UnexpectedReplyError('the entries of the inbox were not acknowledged')
    for (const [error] of replies) if (error) throw error
  }
}

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8')

function readOf(reply: unknown): InboxRead {
  if (!isReadReply.Check(reply)) throw new UnexpectedReplyError('XREADGROUP replied something else')
  return entriesOf(reply?.[0][1] ?? [])
}

/** An entry that was deleted while it was pending comes without fields. */
function entriesOf(read: Static<typeof Entries>): InboxRead {
  const entries: InboxEntry[] = []
  const deleted: string[] = []
  for (const [id, pairs] of read) {
    if (pairs) entries.push(entryOf(textOf(id), pairs))
    else deleted.push(textOf(id))
  }
  return { entries, deleted }
}

function entryOf(id: string, pairs: readonly Uint8Array[]): InboxEntry {
  const fields = fieldsOf(pairs)
  const texts = () => Object.fromEntries([...fields].map(([name, value]) => [name, value.toString('utf8')]))
  return {
    id,
    channel: fields.get('channel')?.toString('utf8'),
    payload: fields.get('event') ?? Buffer.from(JSON.stringify(texts()))
  }
}
