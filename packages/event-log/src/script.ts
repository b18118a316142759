import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Static, TSchema } from '@sinclair/typebox'
import { type TypeCheck, TypeCompiler } from '@sinclair/typebox/compiler'
import type { Redis } from 'ioredis'
import { connectionOf } from './connection-of.ts'
import type { RedisClient } from './redis-client.ts'
import { UnexpectedReplyError } from './unexpected-reply-error.ts'

export interface ScriptOptions<Key extends string, Argument extends string, Reply extends TSchema> {
  /** The `.lua` file. */
  readonly file: URL
  /** In the order of KEYS. They must share a slot. */
  readonly keys: readonly Key[]
  /** In the order of ARGV. */
  readonly args: readonly Argument[]
  readonly reply: Reply
}

/**
 * A Lua script, called by names and with its reply checked.
 *
 * The first call on a connection sends the text and later ones its hash, so that calls handed in together keep their order: asking by hash first, of
 * another node of a cluster or of a Redis that was started anew, would have the early ones refused, sent again, and overtaken.
 */
export class Script<Key extends string, Argument extends string, Reply extends TSchema> {
  readonly #text: string
  readonly #hash: string
  readonly #options: ScriptOptions<Key, Argument, Reply>
  readonly #reply: TypeCheck<Reply>
  /** Sockets by which it was sent. */
  readonly #sentBy = new WeakSet<object>()

  constructor(options: ScriptOptions<Key, Argument, Reply>) {
    this.#options = options
    this.#text = readFileSync(options.file, 'utf8')
    this.#hash = createHash('sha1').update(this.#text).digest('hex')
    this.#reply = TypeCompiler.Compile(options.reply)
  }

  /**
   * @param rest what follows the named arguments, where a script takes any number of something
   * @throws UnexpectedReplyError and what ioredis throws
   */
  async run(
    redis: RedisClient,
    keys: Readonly<Record<Key, string>>,
    args: Readonly<Record<Argument, string | number>>,
    rest: readonly (string | number)[] = []
  ): Promise<Static<Reply>> {
    const names = this.#options.keys
    const reply = await this.#evaluate(redis, names.length, [
      ...names.map(name => keys[name]),
      ...this.#options.args.map(name => args[name]),
      ...rest
    ])
    if (this.#reply.Check(reply)) return reply
    throw new UnexpectedReplyError(`${this.#options.file.pathname} replied ${JSON.stringify(reply).slice(0, 200)}`)
  }

  async #evaluate(redis: RedisClient, keyCount: number, params: (string | number)[]): Promise<unknown> {
    if (!this.#isKnown(connectionOf(redis, String(params[0])))) return redis.eval(this.#text, keyCount, ...params)
    try {
      return await redis.evalsha(this.#hash, keyCount, ...params)
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error
      return redis.eval(this.#text, keyCount, ...params)
    }
  }

  /** Whether a call by this connection comes after one that sends the text: that is known of none that waits for another socket. */
  #isKnown(connection: Redis | undefined): boolean {
    if (connection?.status !== 'ready') return false
    const { stream } = connection
    if (this.#sentBy.has(stream)) return true
    this.#sentBy.add(stream)
    return false
  }
}
