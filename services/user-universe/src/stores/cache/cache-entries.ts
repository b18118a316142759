import { randomUUID } from 'node:crypto'
import { Type } from '@sinclair/typebox'
import { UNIVERSE_EPOCH_KEY } from '@tickstock/contracts'
import { type RedisClient, Script } from '@tickstock/event-log'

/** Of an entry's life, ms. */
export const AGES = {
  /** From here on its value is read anew. */
  fresh: 30_000,
  /** Up to here it is given while Postgres is away. */
  kept: 300_000,
  /** A loader that takes longer is taken for dead: more than Postgres may keep a request waiting. */
  loading: 5_000
} as const

/** What the cache knows under a key. */
export interface Found {
  readonly kind: 'hit' | 'load' | 'wait'
  /** The state that it is of. What is loaded for another one is not taken. */
  readonly generation: string
  /** As it was filled; an old one where it is no hit. */
  readonly text: string | undefined
  readonly ageMs: number
  /** Where in Postgres' journal (LSN) the last known write of this entry stands. */
  readonly lsn: string | undefined
  /** Who asked. The loader, where it is to be loaded. */
  readonly token: string
  /** When it was looked up, ms by Redis' clock. */
  readonly at: number
}

/** What is known before a write. */
export interface WriteBegun {
  readonly generation: string
  readonly at: number
}

const Text = Type.String()
const keys = ['entry', 'epoch'] as const
const file = (name: string) => new URL(`../../../lua/${name}.lua`, import.meta.url)

const lookUp = new Script({
  file: file('look-up'),
  keys,
  args: ['token', 'fresh', 'loading', 'kept'],
  reply: Type.Tuple([
    Type.Union([Type.Literal('hit'), Type.Literal('load'), Type.Literal('wait')]),
    Text,
    Text,
    Type.Integer(),
    Text,
    Type.Integer()
  ])
})

const fill = new Script({
  file: file('fill'),
  keys,
  args: ['generation', 'token', 'value', 'at', 'lsn', 'kept'],
  reply: Type.Union([Type.Literal('filled'), Type.Literal('failed'), Type.Literal('outdated')])
})

const beginWrite = new Script({
  file: file('begin-write'),
  keys,
  args: ['token', 'kept'],
  reply: Type.Tuple([Text, Type.Integer()])
})

const endWrite = new Script({
  file: file('end-write'),
  keys,
  args: ['before', 'token', 'value', 'at', 'lsn', 'kept'],
  reply: Type.Union([Type.Literal('kept'), Type.Literal('dropped')])
})

/** How commands come to Redis. Undefined where they do not. */
export interface WayToRedis {
  read<Reply>(command: (redis: RedisClient) => Promise<Reply>): Promise<Reply | undefined>
  write<Reply>(command: (redis: RedisClient) => Promise<Reply>): Promise<Reply | undefined>
}

/** The cache's entries in Redis, under names of contracts. They throw only what the way to Redis throws. */
export class CacheEntries {
  readonly #link: WayToRedis

  constructor(link: WayToRedis) {
    this.#link = link
  }

  async lookUp(entry: string): Promise<Found | undefined> {
    const token = randomUUID()
    const { fresh, loading, kept } = AGES
    const reply = await this.#link.read(redis => lookUp.run(redis, named(entry), { token, fresh, loading, kept }))
    if (reply === undefined) return undefined
    const [kind, generation, text, ageMs, lsn, at] = reply
    return { kind, generation, text: text || undefined, ageMs, lsn: lsn || undefined, token, at }
  }

  /** Keeps what was loaded for what was found, unless a write came between. Without a text the loading has failed. */
  async fill(entry: string, { generation, token, at }: Found, text = '', lsn = ''): Promise<void> {
    await this.#link.read(redis =>
      fill.run(redis, named(entry), { generation, token, value: text, at, lsn, kept: AGES.kept })
    )
  }

  /** The value of an entry as it is, whatever its age and epoch. */
  async textOf(entry: string): Promise<string | undefined> {
    return (await this.#link.read(redis => redis.hget(entry, 'value'))) ?? undefined
  }

  async beginWrite(entry: string): Promise<WriteBegun | undefined> {
    const reply = await this.#link.read(redis =>
      beginWrite.run(redis, named(entry), { token: randomUUID(), kept: AGES.kept })
    )
    return reply && { generation: reply[0], at: reply[1] }
  }

  /**
   * After a write, before it is acknowledged: nothing from before it is read any more.
   *
   * @param text what the writer read at the end of his transaction, kept if no other write came between
   * @returns undefined where that is not certain
   */
  async endWrite(
    entry: string,
    begun: WriteBegun | undefined,
    text = '',
    lsn = ''
  ): Promise<'kept' | 'dropped' | undefined> {
    const { generation: before = '', at = 0 } = begun ?? {}
    const args = { before, token: randomUUID(), value: text, at, lsn, kept: AGES.kept }
    return this.#link.write(redis => endWrite.run(redis, named(entry), args))
  }
}

const named = (entry: string) => ({ entry, epoch: UNIVERSE_EPOCH_KEY })
