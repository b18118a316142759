import { Gauge, Histogram, type Registry } from 'prom-client'

/** What operators see of the way from an edit to the stream of changes. */
export interface RelayInstruments {
  /** From an edit to the stream, seconds; its count is that of the changes told by this replica. */
  readonly delay: Histogram
  readonly age: Gauge
}

export function createRelayInstruments(registry: Registry): RelayInstruments {
  const registers = [registry]
  return {
    delay: new Histogram({
      name: 'user_universe_change_delay_seconds',
      help: 'From an edit to the stream of changes, of those that this replica brought there',
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30, 300],
      registers
    }),
    age: new Gauge({
      name: 'user_universe_outbox_age_seconds',
      help: 'For how long the oldest edit has waited to be told, as last seen',
      registers
    })
  }
}
