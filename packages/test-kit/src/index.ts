export { freshBundle, SERVICES, type ServiceName } from '@tickstock/service-bundle'
export { type Direction, FaultProxy, type FaultProxyOptions, startFaultProxy } from './fault-proxy.ts'
export { startNginx } from './nginx.ts'
export { createDatabase, startPostgres, type TestDatabase, type TestPostgres } from './postgres.ts'
export { startRedis, type TestRedis } from './redis.ts'
export { type RedisClusterOptions, startRedisCluster, TestRedisCluster } from './redis-cluster.ts'
export { RedisNode } from './redis-node.ts'
export { type SentinelOptions, startSentinel, TestSentinel } from './redis-sentinel.ts'
export { type ProgramOptions, type ServiceOptions, startProgram, startService } from './service.ts'
export {
  type Closed,
  type Decoding,
  type JsonMessage,
  openSocket,
  type SocketOptions,
  type TestSocket
} from './socket.ts'
export type { Teardown } from './teardown.ts'
export { temporaryFolder } from './temporary-folder.ts'
export { tokenFor } from './token.ts'
export { type Deadline, until } from './until.ts'
export { type WorkspaceCopyOptions, workspaceCopy } from './workspace-copy.ts'
