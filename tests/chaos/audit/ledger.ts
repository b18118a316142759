import type { Finding } from './finding.ts'

/** What became of the events that one gateway sent to subscriptions with a name, since it was started. */
export interface Ledger {
  readonly gateway: string
  /** Of the gateway: another number, another process with books of its own. */
  readonly life: number
  readonly sent: number
  readonly acknowledged: number
  readonly gapSignalled: number
  readonly returned: number
  readonly inFlight: number
}

/** Reads it from an answer of `/metrics`. @throws Error where a figure is not there */
export function ledgerOf(gateway: string, life: number, metrics: string): Ledger {
  const figure = (name: string) => {
    const [, value] = new RegExp(`^gateway_ledger_${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(metrics) ?? []
    if (value === undefined) throw new Error(`${gateway} has no gateway_ledger_${name}`)
    return Number(value)
  }
  return {
    gateway,
    life,
    sent: figure('sent_total'),
    acknowledged: figure('acknowledged_total'),
    gapSignalled: figure('gap_signalled_total'),
    returned: figure('returned_total'),
    inFlight: figure('in_flight')
  }
}

/**
 * Holds the gateways' books against themselves, and against what their clients received.
 *
 * @param received events that reached subscriptions with a name between the two readings
 */
export function auditLedgers(before: readonly Ledger[], after: readonly Ledger[], received: number): Finding[] {
  const findings: Finding[] = []
  for (const { gateway, sent, acknowledged, gapSignalled, returned, inFlight } of after) {
    const sum = acknowledged + gapSignalled + returned + inFlight
    if (sent !== sum) findings.push(finding(gateway, `${sent} sent, and ${sum} accounted for`, Math.abs(sent - sum)))
    if (inFlight > 0) findings.push(finding(gateway, `${inFlight} in flight when everybody has everything`, inFlight))
  }
  const lived = after.every(({ gateway, life }) => before.some(one => one.gateway === gateway && one.life === life))
  const sent = total(after) - total(before)
  if (lived && sent < received)
    findings.push(finding('all gateways', `${sent} sent, and ${received} received`, received - sent))
  return findings
}

const total = (ledgers: readonly Ledger[]): number => ledgers.reduce((sum, { sent }) => sum + sent, 0)

const finding = (whose: string, detail: string, events: number): Finding => ({ kind: 'ledger', whose, detail, events })
