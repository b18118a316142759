import { readFileSync } from 'node:fs'
import type { Static, TSchema } from '@sinclair/typebox'
import { type TypeCheck, TypeCompiler } from '@sinclair/typebox/compiler'
import { UnexpectedReplyError } from '@tickstock/event-log'
import type { Redis } from 'ioredis'

/**
 * A Lua file of this service, its reply checked. Sent as text each time: 2 KB beside a batch of patterns, and no state on either side that a
 * restart of Redis could part.
 */
export class RedisScript<Reply extends TSchema> {
  readonly #name: string
  readonly #text: string
  readonly #reply: TypeCheck<Reply>

  constructor(name: string, reply: Reply) {
    this.#name = name
    this.#text = readFileSync(new URL(`../../lua/${name}.lua`, import.meta.url), 'utf8')
    this.#reply = TypeCompiler.Compile(reply)
  }

  async run(redis: Redis, keys: readonly string[], args: readonly (string | number)[]): Promise<Static<Reply>> {
    const reply = await redis.eval(this.#text, keys.length, ...keys, ...args)
    if (this.#reply.Check(reply)) return reply
    throw new UnexpectedReplyError(`${this.#name}.lua replied ${JSON.stringify(reply)}`)
  }
}
