import type { Channel, EventFilter } from '@tickstock/contracts'

/** Equal for filters that let the same events pass: order and case of names do not matter. */
export function feedKey(channel: Channel, filter: EventFilter = {}): string {
  const parts = Object.entries(filter)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [
      name,
      Array.isArray(value) ? [...new Set(value.map(one => `${one}`.toLowerCase()))].sort() : value
    ])
  return JSON.stringify([channel, ...parts.sort()])
}
