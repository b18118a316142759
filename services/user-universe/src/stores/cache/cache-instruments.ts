import { Counter, type Registry } from 'prom-client'

/** What operators see of the cache. */
export interface CacheInstruments {
  /** `hit`, `miss` (read from Postgres), `stale` (Postgres was away; counted as a miss too), `bypass` (without the cache). */
  readonly reads: Counter<'what' | 'outcome'>
  readonly joins: Counter
  /** `kept` (the new value is in the cache), `dropped` (the old one is not), `unsure` (Redis did not say). */
  readonly writes: Counter<'outcome'>
  readonly voids: Counter
}

export function createCacheInstruments(registry: Registry): CacheInstruments {
  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) =>
    new Counter({ name: `user_universe_cache_${name}_total`, help, labelNames: [...labelNames], registers: [registry] })
  const writes = counter('invalidations', 'Writes by what they left in the cache', ['outcome'])
  for (const outcome of ['kept', 'dropped', 'unsure']) writes.inc({ outcome }, 0)
  return {
    reads: counter('reads', 'Reads by what the cache knew', ['what', 'outcome']),
    joins: counter('joins', 'Reads that shared the work of another one in this process'),
    writes,
    voids: counter('voids', 'Times that all of the cache was declared void, since Redis had been away')
  }
}
