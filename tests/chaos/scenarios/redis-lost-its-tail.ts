import { readdir, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import type { Scenario } from '../scenario.ts'

/** While writes wait, the witness reads what no Redis will ever have again. ms */
const WRITES_WAIT = 20_000

export const redisLostItsTail: Scenario = {
  name: 'redis-lost-its-tail',
  what: 'the power of the machine of Redis goes, and with it what its append-only file (fsync everysec) had not on disk',
  gaps: ['stream_reset'],
  run: async ({ redis, witness, producer, flow, lasting }) => {
    await redis.ask('CONFIG', 'SET', 'appendfsync', 'everysec')
    const safe = producer.acknowledged()
    const onDisk = await appendOnlyFile(redis.dataDir)
    await flow()
    await lasting(200, 1_000)
    await redis.ask('CLIENT', 'PAUSE', WRITES_WAIT, 'WRITE')
    await witness.look()
    producer.excuse(safe)
    await redis.kill()
    // A kill alone loses nothing of what was written: the operating system has it.
    await truncate(onDisk.path, onDisk.size)
    await redis.restart()
    await flow()
  }
}

/** The newest: to it all is written. */
async function appendOnlyFile(dataDir: string): Promise<{ readonly path: string; readonly size: number }> {
  const files = await readdir(dataDir, { recursive: true })
  const increments = files.filter(name => name.endsWith('.incr.aof')).map(name => join(dataDir, name))
  const sized = await Promise.all(increments.map(async path => ({ path, ...(await stat(path)) })))
  const [newest] = sized.sort((one, other) => other.mtimeMs - one.mtimeMs)
  if (newest === undefined) throw new Error(`there is no append-only file in ${dataDir}`)
  return newest
}
