import { Universe } from '@tickstock/contracts'
import type { Logger } from '@tickstock/service-kit'
import type { Registry } from 'prom-client'
import type { WriteWitness } from '../database.ts'
import { CacheEntries } from './cache-entries.ts'
import { createCacheInstruments } from './cache-instruments.ts'
import { CacheLink } from './cache-link.ts'
import { SharedReads } from './shared-reads.ts'
import { WriteThrough } from './write-through.ts'

export interface UniverseCacheOptions {
  /** Without a Redis there is no cache; reads at once still share a query. */
  readonly redisUrl: string | undefined
  readonly logger: Logger
  readonly registry: Registry
  /** Resolves when other replicas have made void what a user wrote here, or when that takes too long. */
  readonly relayed: (user: string) => Promise<void>
}

export interface UniverseCache {
  readonly universes: SharedReads<typeof Universe>
  readonly entries: CacheEntries | undefined
  readonly witness: WriteWitness | undefined
  close(): Promise<void>
}

/** Opens the way to the cache. Does not wait for Redis. */
export function openUniverseCache({ redisUrl, logger, registry, relayed }: UniverseCacheOptions): UniverseCache {
  const instruments = createCacheInstruments(registry)
  if (redisUrl === undefined) {
    const universes = new SharedReads({ schema: Universe, entries: undefined, instruments })
    return { universes, entries: undefined, witness: undefined, close: async () => undefined }
  }
  const link = new CacheLink({ url: redisUrl, logger, voided: () => instruments.voids.inc() })
  const entries = new CacheEntries(link)
  const universes = new SharedReads({ schema: Universe, entries, instruments })
  const textOf = (universe: Universe) => universes.textOf(universe)
  const witness = new WriteThrough({ entries, textOf, instruments, relayed })
  return { universes, entries, witness, close: () => link.close() }
}
