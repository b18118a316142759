import { type RedisOptions, type RedisServer, startRedis as start } from '@tickstock/embedded-servers'
import type { Teardown } from './teardown.ts'
import { temporaryFolder } from './temporary-folder.ts'

export interface TestRedis extends RedisServer {
  readonly dataDir: string
}

/**
 * A Redis of the test's own, stopped with it. To bring a killed one back, start another with its `dataDir` and `port`
 * (and `persistence: 'everysec'` in both, where its data matters).
 */
export async function startRedis(t: Teardown, options: Partial<RedisOptions> = {}): Promise<TestRedis> {
  const dataDir = options.dataDir ?? (await temporaryFolder(t))
  const server = await start({ ...options, dataDir })
  t.teardown(() => server.stop())
  return { ...server, dataDir }
}
