import { CHANNELS } from '@tickstock/contracts'
import { flowOf } from '../producer-events.ts'
import type { Finding } from './finding.ts'
import type { Truth } from './truth.ts'

/**
 * The log itself: dense, never rewritten, each flow of a producer at most once an epoch, and every durable one in what survived.
 *
 * @param durable flows that a producer was told are durable
 */
export function auditLog(truth: Truth, durable: readonly string[]): Finding[] {
  const findings: Finding[] = truth.rewritten.map(detail => finding('log_broken', detail, 1))
  const logged = new Set<string>()
  for (const channel of CHANNELS) {
    for (const { epoch, entries, start, top } of truth.epochsOf(channel)) {
      if (entries.size !== top - start && top > 0)
        findings.push(finding('log_broken', `${channel} ${epoch}: ${entries.size} entries from ${start} to ${top}`, 1))
      const ids = new Set<string>()
      for (const { event } of entries.values()) {
        if (ids.has(event.id)) findings.push(finding('logged_twice', `${channel} ${epoch}: ${event.id}`, 1))
        ids.add(event.id)
      }
    }
    for (const detail of truth.misstated(channel)) findings.push(finding('log_broken', detail, 1))
    for (const { event } of truth.surviving(channel)) {
      const flow = flowOf(event.id)
      if (flow !== undefined) logged.add(flow)
    }
  }
  const lost = durable.filter(flow => !logged.has(flow))
  if (lost.length > 0)
    findings.push(finding('not_durable', `${lost.length} of ${durable.length}, the first ${lost[0]}`, lost.length))
  return findings
}

const finding = (kind: Finding['kind'], detail: string, events: number): Finding => ({
  kind,
  whose: 'log',
  detail,
  events
})
