import { connectionOf } from './connection-of.ts'
import type { RedisClient } from './redis-client.ts'

/** What was written stands on fewer replicas than it must, as far as is known: a failover could lose it. */
class NotReplicatedError extends Error {
  override readonly name = 'NotReplicatedError'
}

export interface Replicas {
  readonly count: number
  /** How long they may take, ms. The connection answers nothing else meanwhile. */
  readonly withinMs: number
}

/**
 * For a write that is to be on replicas before it counts. Call it before the write, and what it returns after the answer: that resolves when they
 * have the write, and everything before it.
 *
 * Redis counts by connection, so an answer of another connection than that of the write says nothing.
 *
 * @param key of the write
 */
export function replication(redis: RedisClient, key: string, { count, withinMs }: Replicas) {
  const connection = () => connectionOf(redis, key)
  const node = connection()
  const stream = node?.stream

  /** @throws NotReplicatedError, and what ioredis throws */
  return async (): Promise<void> => {
    const isSame = () => node !== undefined && connection() === node && node.stream === stream
    if (node === undefined || !isSame()) throw new NotReplicatedError('the connection was made anew')
    const reached = await node.wait(count, withinMs)
    if (!isSame()) throw new NotReplicatedError('the connection was made anew')
    if (reached < count) throw new NotReplicatedError(`${reached} of ${count} replicas have what was written`)
  }
}
