import { hash } from 'node:crypto'
import type { EventKind } from '@tickstock/contracts'
import { type Fields, textOf } from './shape.ts'

/** Prefixes of ids that we make ourselves: a producer's flow_id must not pass for one. */
const OURS = /^(?:sha256|expired):/

/** Leaves room for the kind within the 200 characters of an event id. */
const LONGEST_FLOW_ID = 180

/**
 * The identity of an event: its `flow_id` together with its kind, for producers give all events of one flow the same: a detection is the
 * flow_id itself, an update `<flow_id>:updated`, an expiry `<flow_id>:expired`. A flow has one of each.
 *
 * Without a flow_id, the hash of what the event says, the same in whichever shape it was said.
 *
 * @param stated what the event says, in a fixed order of fields
 */
export function eventId(kind: EventKind, layers: readonly Fields[], stated: readonly unknown[]): string {
  const flowId = flowIdOf(layers)
  if (flowId === undefined) return digest(JSON.stringify([kind, ...stated]))
  const flow = OURS.test(flowId) || flowId.length > LONGEST_FLOW_ID ? digest(flowId) : flowId
  return kind === 'pattern_detected' ? flow : `${flow}:${kind.slice('pattern_'.length)}`
}

const digest = (text: string): string => `sha256:${hash('sha256', text)}`

function flowIdOf(layers: readonly Fields[]): string | undefined {
  for (const fields of layers) {
    const flowId = textOf(fields, 'flow_id')
    if (flowId !== undefined) return flowId
  }
  return undefined
}
