import { encodeEvent, gatewayGroup, logKey, offsetOf, producerChannel, UNIFIED_KEY } from '@tickstock/contracts'
import { APPENDED_AT_ONCE, LogWriter } from '@tickstock/event-log'
import { ConfigError, loadConfig } from '@tickstock/service-kit'
import { startFaultProxy, startRedis, startService, until } from '@tickstock/test-kit'
import type { Redis } from 'ioredis'
import t from 'tap'
import { config, hardLength } from '../src/config.ts'
import { detected, patternOf, published } from './events.ts'
import { clientOf, environment, openReplica, startReplica, untilTotal } from './replica.ts'

const metrics = async ({ url }: { readonly url: string }) => (await fetch(`${url}/metrics`)).text()

/** Appends what another replica would: so many patterns that live. */
async function append(redis: Redis, count: number) {
  const writer = new LogWriter({ redis, channel: 'daily' })
  const [now, hour] = [Date.now(), 3_600_000]
  for (let from = 0; from < count; from += APPENDED_AT_ONCE) {
    const patterns = Array.from({ length: Math.min(APPENDED_AT_ONCE, count - from) }, (_, index) =>
      patternOf({ symbol: `S${from + index}`, detected_at: now, updated_at: now, expires_at: now + hour })
    )
    await writer.appendAll(patterns.map(pattern => encodeEvent(detected(pattern))))
  }
}

t.test('replicas cut a log at its length once every gateway has read it, and say what they cut', async t => {
  const { url } = await startRedis(t)
  const redis = clientOf(t, url)
  await redis.xgroup('CREATE', logKey('daily'), gatewayGroup(0), '0-0', 'MKSTREAM')
  const short = { LOG_MAX_LENGTH: '1000' }
  const replicas = await Promise.all([startReplica(t, url, short), startReplica(t, url, short)])
  for (let index = 0; index < 1_200; index++) {
    void redis.publish(producerChannel('daily'), published(`flow-${index}`, { symbol: `S${index}` }))
  }
  await Promise.all(replicas.map(replica => untilTotal(replica, 1_200)))
  const told = (pattern: RegExp) =>
    Promise.all(
      replicas.map(replica => until(async () => pattern.test(await metrics(replica)), { what: `${pattern}` }))
    )

  await told(/pattern_query_log_entries\{channel="daily"[^}]*\} 1200\n/)
  t.equal(await redis.xlen(logKey('daily')), 1_200)

  await redis.xgroup('SETID', logKey('daily'), gatewayGroup(0), '1150-0')
  await told(/pattern_query_log_cut_total\{channel="daily"[^}]*\} 200\n/)
  await told(/pattern_query_log_cut_unread_total\{channel="daily"[^}]*\} 0\n/)
  await told(/pattern_query_log_oldest_age_seconds\{channel="daily"[^}]*\} \d/)
  t.equal(await redis.xlen(logKey('daily')), 1_000)
})

t.test('what the hard length cuts unread is seen in the metrics', async t => {
  const { url } = await startRedis(t)
  const redis = clientOf(t, url)
  await redis.xgroup('CREATE', logKey('daily'), gatewayGroup(0), '0-0', 'MKSTREAM')
  const replica = await startReplica(t, url, { LOG_MAX_LENGTH: '1000', LOG_HARD_LENGTH: '1000' })
  // Some at a time: the replica itself reads what it appends, and holds nothing.
  for (let total = 128; total <= 1_280; total += 128) {
    for (let index = total - 128; index < total; index++) {
      void redis.publish(producerChannel('daily'), published(`flow-${index}`, { symbol: `S${index}` }))
    }
    await untilTotal(replica, total)
  }

  const [[oldest] = []] = await redis.xrange(logKey('daily'), '-', '+', 'COUNT', 1)
  const cut = offsetOf(oldest ?? '') - 1
  t.ok(cut > 0 && cut <= 280, `${cut} were cut`)
  const line = new RegExp(`pattern_query_log_cut_unread_total\\{channel="daily"[^}]*\\} ${cut}\n`)
  await until(async () => line.test(await metrics(replica)), { what: `${line}` })
})

t.test('what was not projected stays, and what lives is complete when it is', async t => {
  const { url } = await startRedis(t)
  const redis = clientOf(t, url)
  await append(redis, 1_500)
  // The projection fails by that.
  await redis.set(UNIFIED_KEY, 'something else')
  const replica = await openReplica(t, url, { LOG_MAX_LENGTH: '1000' })
  await until(async () => /pattern_query_log_entries\{channel="daily"[^}]*\} 1500\n/.test(await metrics(replica)))

  await redis.del(UNIFIED_KEY)

  await untilTotal(replica, 1_500)
  await until(async () => (await redis.xlen(logKey('daily'))) === 1_000)
  t.equal(await redis.zcard(UNIFIED_KEY), 1_500)
})

t.test('a Redis that is away stops nothing: the cutting goes on when it is back', async t => {
  const server = await startRedis(t)
  const proxy = await startFaultProxy(t, { target: { host: '127.0.0.1', port: server.port } })
  const redis = clientOf(t, server.url)
  const replica = await startReplica(t, `redis://127.0.0.1:${proxy.port}`, { LOG_MAX_LENGTH: '1000' })
  await until(async () => /pattern_query_log_entries\{channel="daily"[^}]*\} 0\n/.test(await metrics(replica)))

  await proxy.cut()
  await append(redis, 1_010)
  t.equal((await fetch(`${replica.url}/health/ready`)).status, 200)
  await proxy.restore()

  await until(async () => (await redis.xlen(logKey('daily'))) === 1_000)
})

t.test('a hard length below the length is refused, and the default is twice as much', async t => {
  const given = (over: Record<string, string>) => loadConfig(config, { ...environment('redis://127.0.0.1:1'), ...over })

  t.equal(hardLength(given({})), 2_000_000)
  t.equal(hardLength(given({ LOG_MAX_LENGTH: '5000' })), 10_000)
  t.equal(hardLength(given({ LOG_MAX_LENGTH: '5000', LOG_HARD_LENGTH: '5000' })), 5_000)
  t.throws(() => hardLength(given({ LOG_HARD_LENGTH: '999999' })), ConfigError)

  const env = { ...environment('redis://127.0.0.1:1'), LOG_HARD_LENGTH: '2000' }
  await t.rejects(startService(t, { service: 'pattern-query', env }), /LOG_HARD_LENGTH: expected no less than/)
})
