import { readdirSync, readFileSync } from 'node:fs'
import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { Channel } from '@tickstock/contracts'
import t from 'tap'
import { normalise } from '../../../src/domain/normalise/normalise.ts'
import { UNREADABLE_REASONS, UnreadableEventError } from '../../../src/domain/normalise/unreadable.ts'

const FOLDER = new URL('golden/', import.meta.url)

/** One file of `golden/`: payloads, as an object or as the very text, that are all the same event, or are refused for the same reason. */
const Golden = Type.Object(
  {
    about: Type.String(),
    /** The channel that the way in names. */
    channel: Type.Optional(Channel),
    payloads: Type.Record(Type.String(), Type.Union([Type.String(), Type.Record(Type.String(), Type.Unknown())])),
    event: Type.Optional(Type.Unknown()),
    refused: Type.Optional(Type.Union(UNREADABLE_REASONS.map(reason => Type.Literal(reason))))
  },
  { additionalProperties: false }
)

const HOUR = 3_600_000

function outcomeOf(payload: Buffer, channel: Static<typeof Channel> | undefined): unknown {
  try {
    return normalise(payload, { channel, patternTtlMs: HOUR, latest: Date.UTC(2027, 0) })
  } catch (error) {
    if (error instanceof UnreadableEventError) return error.reason
    throw error
  }
}

for (const name of readdirSync(FOLDER)) {
  const golden = Value.Parse(Golden, JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')))
  t.test(`${name}: ${golden.about}`, t => {
    t.equal(golden.event === undefined, golden.refused !== undefined, 'an event or a reason')
    for (const [shape, payload] of Object.entries(golden.payloads)) {
      const bytes = Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload))
      t.same(outcomeOf(bytes, golden.channel), golden.event ?? golden.refused, shape)
    }
    t.end()
  })
}
