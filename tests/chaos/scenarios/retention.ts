import { setTimeout as delay } from 'node:timers/promises'
import type { Channel } from '@tickstock/contracts'
import type { Finding } from '../audit/finding.ts'
import type { Replica } from '../replica.ts'
import type { Scenario } from '../scenario.ts'

const CHANNEL: Channel = 'daily'
const LENGTH = 1_000
/** Appends look at the length of the log once in so many entries. */
const SLACK = 128
const REPLAYED = 500

/** Replicas look at the logs every five seconds. ms */
const COUNTED_WITHIN = 15_000

export const retentionCut: Scenario = {
  name: 'retention-cut',
  what: 'some are away and a gateway hangs while the log grows beyond its hard length: what they have not read is cut',
  gaps: ['expired'],
  system: {
    universe: false,
    // It comes back to the slot that it had: what is cut is what its group has not read.
    gatewayEnv: { SLOT_TTL_MS: '120000' },
    ingestEnv: { LOG_MAX_LENGTH: `${LENGTH}`, LOG_HARD_LENGTH: `${LENGTH}` }
  },
  run: async ({ cast, clients, gateways, ingests, producer, random, leave, witness, flow }) => {
    const away = cast.filter((_, n) => n % 2 === 0)
    await leave(away)
    const before = await witness.cutOf(CHANNEL)
    const hung = random.pick(gateways)
    hung.pause()
    await producer.burst(CHANNEL, LENGTH + 3 * SLACK)
    await witness.emptied()
    const after = await witness.cutOf(CHANNEL)
    hung.resume()
    await clients.reload(away.map(({ name }) => name))
    await flow()

    const counted = after.unread - before.unread
    const cut = after.first - 1 - after.acknowledged
    const wrong = counted === cut ? [] : [miscounted('log', `${counted} cut unread, of ${cut}`)]
    const untold = await Promise.all(ingests.map(ingest => toldBy(ingest, () => witness.cutOf(CHANNEL))))
    return [...wrong, ...untold.flat()]
  }
}

export const replayTooLarge: Scenario = {
  name: 'replay-too-large',
  what: 'some are away while more is published than a gateway replays',
  gaps: ['replay_too_large'],
  system: { universe: false, gatewayEnv: { MAX_REPLAY: `${REPLAYED}` } },
  run: async ({ cast, clients, producer, leave, witness, flow }) => {
    const away = cast.filter((_, n) => n % 2 === 0)
    await leave(away)
    await producer.burst(CHANNEL, REPLAYED + 200)
    await witness.emptied()
    await clients.reload(away.map(({ name }) => name))
    await flow()
  }
}

/** Holds a replica's metric against what the log says of itself. */
async function toldBy(ingest: Replica, cut: () => Promise<{ readonly unread: number }>): Promise<Finding[]> {
  const figure = new RegExp(`^pattern_query_log_cut_unread_total\\{[^}]*channel="${CHANNEL}"[^}]*\\} (\\S+)$`, 'm')
  const until = performance.now() + COUNTED_WITHIN
  for (;;) {
    const { unread } = await cut()
    const told = figure.exec(await ingest.metrics())?.[1]
    if (Number(told) === unread) return []
    if (performance.now() > until) return [miscounted(ingest.name, `it says ${told} cut unread, the log ${unread}`)]
    await delay(100)
  }
}

const miscounted = (whose: string, detail: string): Finding => ({ kind: 'miscounted', whose, detail, events: 0 })
