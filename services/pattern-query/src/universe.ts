import { createHttpClient, RequestError } from '@tickstock/client'
import { Outage, UniverseChanges } from '@tickstock/event-log'
import { connectRedis, type StartContext, serviceCredentials } from '@tickstock/service-kit'
import type { Config } from './config.ts'
import { type SectorNames, sectorNames, sectorsBySymbol } from './domain/sectors.ts'
import { NO_UNIVERSE, type UniverseLink } from './domain/universe.ts'
import type { PatternView } from './domain/view/pattern-view.ts'
import { SectorsFeed } from './feeds/sectors-feed.ts'
import { followUniverse } from './feeds/universe-feed.ts'
import type { Instruments } from './instruments.ts'
import { RemoteUniverse } from './stores/remote-universe.ts'

/** How long one answer may take where nobody waits for it, ms. */
const DEADLINE_MS = 10_000

/**
 * Opens and starts everything between user-universe and the scans: the sectors of the view, and users' watchlists and saved filters. Waits for nothing: scans that
 * name none of these never notice it.
 *
 * @throws ConfigError where this service cannot say who it is
 */
export function startUniverse(
  { config, logger, lifetime }: StartContext<Config>,
  { view, instruments }: { readonly view: PatternView; readonly instruments: Instruments }
): UniverseLink {
  const { UNIVERSE_URL: url, REDIS_URL } = config
  if (url === undefined) return NO_UNIVERSE

  const credentials = serviceCredentials(config, 'pattern-query')
  const attempts = (what: string) => {
    const outage = new Outage(logger, what, {}, error => !(error instanceof RequestError) || error.temporary)
    return (failure?: unknown) => (failure === undefined ? outage.over() : outage.failed(failure))
  }
  const universe = new RemoteUniverse({
    client: createHttpClient({ url, timeoutMs: DEADLINE_MS, attempts: 2, headers: () => credentials.headers() }),
    headersFor: user => credentials.headersFor(user),
    tell: how => instruments.universeReads.inc({ how }),
    attempted: attempts('asking user-universe')
  })
  let names: SectorNames | undefined
  const sectors = new SectorsFeed({
    read: abort => universe.sectors(abort),
    apply: sectors => {
      names = sectorNames(sectors)
      view.setSectors(sectorsBySymbol(sectors))
    },
    attempted: attempts('reading the sectors')
  })
  const quiet = logger.child({}, { level: 'error' })
  const changes = new UniverseChanges({
    connect: () => connectRedis({ url: REDIS_URL, name: 'pattern-query:universe', logger: quiet }),
    logger
  })

  const stop = new AbortController()
  const running = Promise.all([sectors.run(stop.signal), followUniverse(changes, universe, stop.signal)])
  lifetime.own('universe', async () => {
    stop.abort()
    await running
  })
  return { own: universe, sectorNames: () => names, sectors: () => sectors.freshness }
}
