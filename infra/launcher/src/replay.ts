import { setTimeout as delay } from 'node:timers/promises'
import { superviseProcess } from '@tickstock/embedded-servers'
import { program } from './project.ts'
import type { Site } from './site.ts'

const FLOW_WITHIN = 60_000
const LOOK_EVERY = 200
/** So few more between two looks are the even pace, not the backlog. */
const STEADY = 20

/** Keeps the market replay running, which stands in for the producer. */
export async function keepReplay({ stack, log }: Site, redisUrl: string, args: readonly string[]): Promise<void> {
  const onLine = log('market-replay')
  await stack.keep('market-replay', () =>
    superviseProcess({
      command: program('packages/market-replay/src/main.ts', ...args),
      env: { REDIS_URL: redisUrl },
      onLine
    })
  )
}

/** No pattern came through, though everything runs. */
class NoPatternsError extends Error {
  override readonly name = 'NoPatternsError'
}

/**
 * Waits until a scan through the front finds patterns, and the backlog that the replay begins with has come through.
 *
 * @returns how many are live
 * @throws NoPatternsError
 */
export async function untilPatternsFlow(url: string, logsDir: string, signal: AbortSignal): Promise<number> {
  let before = 0
  for (const deadline = performance.now() + FLOW_WITHIN; performance.now() < deadline; ) {
    const total = await countPatterns(url)
    if (before > 0 && total - before < STEADY) return total
    before = total
    await delay(LOOK_EVERY, undefined, { signal })
  }
  throw new NoPatternsError(
    `no pattern could be scanned within ${FLOW_WITHIN / 1000} s: see ${logsDir}/market-replay.log and pattern-query.log`
  )
}

/** @returns live patterns that a scan counts; 0 where it has no answer yet */
export async function countPatterns(url: string): Promise<number> {
  const answer = await fetch(`${url}/api/patterns/scan?per_page=1`, {
    signal: AbortSignal.timeout(LOOK_EVERY * 10)
  }).catch(() => undefined)
  const body: unknown = answer?.ok ? await answer.json() : undefined
  return typeof body === 'object' && body !== null && 'total' in body && typeof body.total === 'number' ? body.total : 0
}
