import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkRedisUrl, describeRedisUrl, openRedis, type RedisClient, requireRedisUrl } from '@tickstock/event-log'

/** Where the URL of a command comes from, for a person. */
const SETTING = 'REDIS_URL or --redis'

/** Where `npm start` writes the address of the Redis that it brings along. */
const URL_FILE = join(import.meta.dirname, '../../../../.data/redis-url')

/**
 * Which Redis a command talks to: the one it is told, else that of `REDIS_URL`, else that of the running `npm start`, else the usual port.
 *
 * @throws RedisUrlError
 */
export function redisUrl(told: string | undefined, env: NodeJS.ProcessEnv, urlFile = URL_FILE): string {
  return requireRedisUrl(told ?? (env['REDIS_URL'] || runningUrl(urlFile) || 'redis://127.0.0.1:6379'), SETTING)
}

function runningUrl(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/**
 * Opens a connection for a command, and closes it when the work is done. A command does not wait for a Redis that is away: it says so and ends.
 *
 * @throws Error that names the server, without its password
 */
export async function withRedis<Result>(url: string, work: (redis: RedisClient) => Promise<Result>): Promise<Result> {
  await checkRedisUrl(url, SETTING)
  const redis = openRedis({ url, name: 'pattern-query:command', lazyConnect: true, persistent: false })
  let reason = ''
  redis.on('error', (error: Error) => {
    reason = error.message
  })
  try {
    await redis.connect()
    return await work(redis)
  } catch (error) {
    if (redis.status === 'ready') throw error
    throw new Error(`Redis at ${describeRedisUrl(url)} does not answer: ${reason || String(error)}`, { cause: error })
  } finally {
    redis.disconnect()
  }
}
