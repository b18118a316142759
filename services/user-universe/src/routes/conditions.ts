import type { FastifyReply } from 'fastify'
import type { Created, ExpectedVersion } from '../domain/owned-item.ts'
import type { Reading } from '../domain/universes.ts'

interface Item {
  readonly id: string
  readonly version: number
}

type Headers = Pick<FastifyReply, 'code' | 'header'>

/** Of `"3"` or `W/"3"`; `*` takes any version. */
export const versionOf = (ifMatch: string | undefined): ExpectedVersion =>
  ifMatch === undefined || ifMatch === '*' ? undefined : Number(ifMatch.split('"')[1])

/** The ETag is the version in quotes. */
export function tagged<Tagged extends Item>(reply: Headers, item: Tagged): Tagged {
  reply.header('etag', `"${item.version}"`)
  return item
}

/** A creation's reply says where its item is, and whether it was made before. */
export function created<Tagged extends Item>(reply: Headers, url: string, { item, replayed }: Created<Tagged>): Tagged {
  reply.code(201).header('location', `${url}/${item.id}`)
  if (replayed) reply.header('idempotency-replayed', 'true')
  return tagged(reply, item)
}

/** A reply says how old it is, and whether that is because Postgres does not answer. */
export function aged<Value>(reply: Headers, { value, ageMs, stale }: Reading<Value>): Value {
  reply.header('age', Math.floor(ageMs / 1_000))
  if (stale) reply.header('x-tickstock-stale', 'true')
  return value
}

/** Ids compare without regard to case, as uuids do. */
export const itemOf = <Found extends Item>(items: readonly Found[], id: string): Found | undefined =>
  items.find(item => item.id === id.toLowerCase())
