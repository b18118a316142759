import { createHash } from 'node:crypto'
import type { Static, TSchema } from '@sinclair/typebox'
import { type Check, raise } from '@tickstock/contracts'
import { sql, type Transaction } from 'kysely'
import type { Created } from '../domain/owned-item.ts'
import type { Tables } from './tables.ts'

/** A creation that its sender may repeat. */
export interface Creation<Schema extends TSchema> {
  readonly user: string
  /** What is created, and from what: another one under the same key is refused. */
  readonly request: unknown
  /** The sender's name for it; undefined where he gave none, and each try is a creation of its own. */
  readonly key: string | undefined
  readonly answer: Check<Schema>
}

/**
 * Creates once under a key, in the transaction of the creation, which keeps others of the user out: of any number at
 * once one creates, and the rest get its answer.
 *
 * @throws ProblemError `idempotency_key_reused`
 */
export async function createOnce<Schema extends TSchema>(
  transaction: Transaction<Tables>,
  { user, request, key, answer }: Creation<Schema>,
  create: () => Promise<Static<Schema>>
): Promise<Created<Static<Schema>>> {
  if (key === undefined) return { item: await create(), replayed: false }

  const fingerprint = createHash('sha256').update(JSON.stringify(request)).digest()
  const known = await transaction
    .selectFrom('idempotency_keys')
    .select(['request', 'answer', sql<boolean>`created_at < now() - interval '1 day'`.as('old')])
    .where('user_id', '=', user)
    .where('key', '=', key)
    .executeTakeFirst()
  if (known?.old === false) {
    if (!known.request.equals(fingerprint) || !answer.accepts(known.answer)) {
      raise('idempotency_key_reused', 'it stands for a creation of something else')
    }
    return { item: known.answer, replayed: true }
  }
  if (known) {
    await transaction.deleteFrom('idempotency_keys').where('user_id', '=', user).where('key', '=', key).execute()
  }
  const item = await create()
  await transaction
    .insertInto('idempotency_keys')
    .values({ user_id: user, key, request: fingerprint, answer: JSON.stringify(item) })
    .execute()
  return { item, replayed: false }
}
