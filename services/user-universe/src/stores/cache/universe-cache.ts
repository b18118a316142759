import type { TSchema } from '@sinclair/typebox'
import { Universe } from '@tickstock/contracts'
import type { Logger } from '@tickstock/service-kit'
import type { Registry } from 'prom-client'
import type { WriteWitness } from '../database.ts'
import { CacheEntries } from './cache-entries.ts'
import { createCacheInstruments } from './cache-instruments.ts'
import { CacheLink, type CacheTimeouts } from './cache-link.ts'
import { FoundPage, FoundSymbol } from './cached-symbol-directory.ts'
import { SharedReads } from './shared-reads.ts'
import { WriteThrough } from './write-through.ts'

export interface UniverseCacheOptions {
  /** Without a Redis there is no cache; reads at once still share a query. */
  readonly redisUrl: string | undefined
  readonly logger: Logger
  readonly registry: Registry
  /** Told whenever the cache can be used again, with all void that was in it. */
  readonly restored: () => void
  /** Resolves when other replicas have made void what a user wrote here, or when that takes too long. */
  readonly relayed: (user: string) => Promise<void>
  readonly timeouts?: CacheTimeouts | undefined
}

export interface UniverseCache {
  readonly universes: SharedReads<typeof Universe>
  readonly pages: SharedReads<typeof FoundPage>
  readonly symbols: SharedReads<typeof FoundSymbol>
  /** Where there is a cache: stands around every write. */
  readonly witness: WriteWitness | undefined
  readonly link: CacheLink | undefined
  close(): Promise<void>
}

/** Opens the way to the cache. Does not wait for Redis. */
export function openUniverseCache({
  redisUrl,
  logger,
  registry,
  restored,
  relayed,
  timeouts
}: UniverseCacheOptions): UniverseCache {
  const instruments = createCacheInstruments(registry)
  const voided = () => {
    instruments.voids.inc()
    restored()
  }
  const link = redisUrl === undefined ? undefined : new CacheLink({ url: redisUrl, logger, voided, timeouts })
  const entries = link ? new CacheEntries(link) : undefined
  const of = <Schema extends TSchema>(what: string, schema: Schema) =>
    new SharedReads({ what, schema, entries, instruments })
  const universes = of('universe', Universe)
  const textOf = (universe: Universe) => universes.textOf(universe)
  return {
    universes,
    pages: of('search', FoundPage),
    symbols: of('symbol', FoundSymbol),
    witness: entries && new WriteThrough({ entries, textOf, instruments, relayed }),
    link,
    close: async () => link?.close()
  }
}
