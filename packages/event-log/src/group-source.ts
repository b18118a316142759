import { type Static, Type } from '@sinclair/typebox'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import { entryId, headKey, logKey, offsetOf, Position } from '@tickstock/contracts'
import type { StreamEntry } from './arrange.ts'
import { inspectLog } from './open-log.ts'
import type { GroupReaderOptions } from './reader-options.ts'
import type { EntrySource } from './reading-loop.ts'
import type { RedisClient } from './redis-client.ts'
import { Script } from './script.ts'
import { UnexpectedReplyError } from './unexpected-reply-error.ts'

const { epoch, offset } = Position.properties

const join = new Script({
  file: new URL('../lua/join.lua', import.meta.url),
  keys: ['log', 'head'],
  args: ['group', 'consumer', 'beginAfter'],
  reply: Type.Tuple([offset, offset, epoch, Type.Integer()])
})

const acknowledge = new Script({
  file: new URL('../lua/acknowledge.lua', import.meta.url),
  keys: ['log'],
  args: ['group', 'offset', 'limit'],
  reply: Type.Integer()
})

/** Acknowledged, and claimed, by one call: some ten thousandths of a second of Redis' time. */
const LIMIT = 1_000

const Entries = Type.Array(Type.Tuple([Type.String(), Type.Array(Type.String())]))
const isGroupReply = TypeCompiler.Compile(Type.Union([Type.Null(), Type.Tuple([Type.Tuple([Type.String(), Entries])])]))
const isClaimReply = TypeCompiler.Compile(
  Type.Tuple([Type.String(), Type.Array(Type.Unknown()), Type.Array(Type.Unknown())])
)

/**
 * Entries by way of a consumer group.
 *
 * The group says how far it was delivered; what lies between there and the cursor is read from the stream itself, whoever
 * it was delivered to. So nothing is missed that a predecessor left, that a reply lost on its way carried, or that
 * a predecessor still alive takes while this one reads.
 */
export class GroupSource implements EntrySource {
  readonly #options: GroupReaderOptions
  readonly #log: string
  readonly #batch: number
  /** The last offset that the group has delivered to anybody. */
  #delivered = 0
  #acknowledged: number | undefined
  #unsent: number | undefined

  constructor(options: GroupReaderOptions) {
    this.#options = options
    this.#log = logKey(options.channel)
    this.#batch = options.batch ?? 512
  }

  async join(redis: RedisClient, cursor: Position): Promise<Position> {
    const { channel, group, consumer } = this.#options
    // Before the group, which makes an empty stream where there is none: that would hide the loss of a stream.
    await inspectLog(redis, channel)

    const first = this.#acknowledged === undefined
    const [delivered, offset, epoch, predecessors] = await join.run(
      redis,
      { log: this.#log, head: headKey(channel) },
      { group, consumer, beginAfter: this.#acknowledged ?? cursor.offset }
    )
    if (predecessors > 0) await this.#takeOver(redis)

    this.#delivered = delivered
    if (!first) return cursor
    this.#acknowledged = offset
    // Made just now, or by an attempt whose answer was lost: what the caller knows of the epoch is then to be held against the log.
    return offset === cursor.offset ? cursor : { epoch, offset }
  }

  async read(redis: RedisClient, cursor: Position, blockMs: number): Promise<readonly StreamEntry[]> {
    if (this.hasUnsent) await this.send(redis)

    if (cursor.offset < this.#delivered) {
      const range = await this.#range(redis, cursor.offset)
      if (range.length > 0) return range
    }
    const entries = await this.#readNew(redis, blockMs)
    const [first, last] = [entries[0], entries.at(-1)]
    if (first === undefined || last === undefined) return entries

    this.#delivered = Math.max(this.#delivered, offsetOf(last[0]))
    return offsetOf(first[0]) > cursor.offset + 1 ? this.#range(redis, cursor.offset) : entries
  }

  async jump(redis: RedisClient, { offset }: Position): Promise<void> {
    await redis.xgroup('SETID', this.#log, this.#options.group, entryId(offset))
    this.#delivered = offset
    this.#acknowledged = offset
    this.#unsent = undefined
  }

  acknowledge(offset: number): void {
    if (offset > Math.max(this.#acknowledged ?? 0, this.#unsent ?? 0)) this.#unsent = offset
  }

  get hasUnsent(): boolean {
    return this.#unsent !== undefined
  }

  /** Sends what was acknowledged since the last time. */
  async send(redis: RedisClient): Promise<void> {
    const offset = this.#unsent
    if (offset === undefined) return
    const args = { group: this.#options.group, offset, limit: LIMIT }
    while ((await acknowledge.run(redis, { log: this.#log }, args)) === LIMIT);
    this.#acknowledged = offset
    if (this.#unsent === offset) this.#unsent = undefined
  }

  /** So that the group's own accounting is right; also drops what the stream no longer holds. */
  async #takeOver(redis: RedisClient) {
    const { group, consumer } = this.#options
    for (let start = '0-0', more = true; more; more = start !== '0-0') {
      const reply = await redis.xautoclaim(this.#log, group, consumer, 0, start, 'COUNT', LIMIT, 'JUSTID')
      start = checked(isClaimReply, reply)[0]
    }
  }

  async #readNew(redis: RedisClient, blockMs: number): Promise<Static<typeof Entries>> {
    const { group, consumer } = this.#options
    const reply =
      blockMs > 0
        ? await redis.xreadgroup(
            'GROUP',
            group,
            consumer,
            'COUNT',
            this.#batch,
            'BLOCK',
            blockMs,
            'STREAMS',
            this.#log,
            '>'
          )
        : await redis.xreadgroup('GROUP', group, consumer, 'COUNT', this.#batch, 'STREAMS', this.#log, '>')
    return checked(isGroupReply, reply)?.[0][1] ?? []
  }

  #range(redis: RedisClient, after: number) {
    return redis.xrange(this.#log, entryId(after + 1), entryId(this.#delivered), 'COUNT', this.#batch)
  }
}

function checked<Reply>(schema: { Check(reply: unknown): reply is Reply }, reply: unknown): Reply {
  if (schema.Check(reply)) return reply
  throw new UnexpectedReplyError(`a consumer group replied ${JSON.stringify(reply).slice(0, 200)}`)
}
