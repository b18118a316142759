import { hash } from 'node:crypto'
import type { EventKind } from '@tickstock/contracts'
import { type Fields, textOf } from './shape.ts'

/** Prefixes of ids that we make ourselves: a producer's flow_id must not pass for one. */
const OURS = /^(?:sha256|expired):/

/** Leaves room for the kind and a hash within the 200 characters of an event id. */
const LONGEST_FLOW_ID = 160

/**
 * The identity of an event: its `flow_id` together with its kind, for producers give all events of one flow the same. A detection is the
 * flow_id itself, an expiry `<flow_id>:expired`; a flow may have many updates, so each is `<flow_id>:updated:<hash of what it says>`.
 *
 * Without a flow_id, the hash of what the event says and of its own time, the same in every shape of the event. When it arrived does not count:
 * replicas receive the same event at different times.
 *
 * The log leaves out an event whose id it has, unless it is newer than what is known of its pattern: see `append.lua`.
 *
 * @param stated what the event says and when, in a fixed order of fields; only called where it is needed, it costs a microsecond
 */
export function eventId(kind: EventKind, layers: readonly Fields[], stated: () => readonly unknown[]): string {
  const hashOfStated = () => hash('sha256', JSON.stringify([kind, ...stated()]))
  const flowId = flowIdOf(layers)
  if (flowId === undefined) return `sha256:${hashOfStated()}`

  // Half a surrogate pair has no UTF-8: two such texts would be the same bytes, and so the same event.
  const isId = !OURS.test(flowId) && flowId.length <= LONGEST_FLOW_ID && flowId.isWellFormed()
  const flow = isId ? flowId : `sha256:${hash('sha256', JSON.stringify(flowId))}`
  switch (kind) {
    case 'pattern_detected':
      return flow
    case 'pattern_updated':
      return `${flow}:updated:${hashOfStated().slice(0, 16)}`
    case 'pattern_expired':
      return `${flow}:expired`
  }
}

function flowIdOf(layers: readonly Fields[]): string | undefined {
  for (const fields of layers) {
    const flowId = textOf(fields, 'flow_id') ?? fields['flow_id']
    if (typeof flowId === 'string' && flowId.trim() !== '') return flowId
    if (Number.isSafeInteger(flowId)) return `${flowId}`
  }
  return undefined
}
