import { type Static, Type } from '@sinclair/typebox'
import { acknowledgedKey, type Channel, checkOf, Position } from '@tickstock/contracts'
import { type RedisClient, Script, UnexpectedReplyError } from '@tickstock/event-log'
import type { AcknowledgedPositions, Kept, KeptName, KeptPosition } from '../domain/acknowledged-positions.ts'

/** A user who was away for longer begins anew, ms. */
const KEPT_FOR = 30 * 24 * 3_600_000

/** Names of one user, on all devices and channels. */
const MOST_NAMES = 256

const KEPT = 'kept:'

const Entry = Type.Composite([Position, Type.Object({ at: Type.Integer({ minimum: 0 }) })])
const entries = checkOf(Entry)

const script = new Script({
  file: new URL('../../lua/keep-acknowledged.lua', import.meta.url),
  keys: ['positions'],
  args: ['ttl', 'most'],
  reply: Type.Array(Type.String())
})

/** In Redis, a hash for each user. `redis` needs a command timeout: a client waits for the answer. */
export class AcknowledgedHash implements AcknowledgedPositions {
  readonly #redis: RedisClient

  constructor(redis: RedisClient) {
    this.#redis = redis
  }

  async of(user: string, name: string, channel: Channel): Promise<readonly KeptPosition[]> {
    const hash = await this.#redis.hgetall(acknowledgedKey(user))
    return Object.entries(hash).flatMap(([field, text]) => {
      const [device = '', itsName, itsChannel] = field.split(' ')
      if (itsName !== name || itsChannel !== channel) return []
      const { epoch, offset, at } = entryOf(field, text)
      return [{ device, position: { epoch, offset }, at }]
    })
  }

  async keep(user: string, acknowledgements: Parameters<AcknowledgedPositions['keep']>[1]): Promise<readonly Kept[]> {
    const outcomes = await script.run(
      this.#redis,
      { positions: acknowledgedKey(user) },
      { ttl: KEPT_FOR, most: MOST_NAMES },
      acknowledgements.flatMap(({ position: { epoch, offset }, over = '', ...name }) => [
        fieldOf(name),
        epoch,
        offset,
        over
      ])
    )
    if (outcomes.length !== acknowledgements.length) throw new UnexpectedReplyError(`${outcomes.length} were kept`)
    return outcomes.map(outcome =>
      outcome.startsWith(KEPT)
        ? { offset: Number(outcome.slice(KEPT.length)) }
        : { epoch: outcome.slice('other:'.length) }
    )
  }
}

const fieldOf = ({ device, name, channel }: KeptName): string => `${device} ${name} ${channel}`

function entryOf(field: string, text: string): Static<typeof Entry> {
  const value: unknown = JSON.parse(text)
  if (entries.accepts(value)) return value
  throw new UnexpectedReplyError(`acknowledged position "${field}" is ${text.slice(0, 200)}`)
}
