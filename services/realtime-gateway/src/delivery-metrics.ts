import { Outage } from '@tickstock/event-log'
import type { Logger } from '@tickstock/service-kit'
import { Counter, type Registry } from 'prom-client'
import {
  ACKNOWLEDGEMENT_OUTCOMES,
  type AcknowledgementOutcome,
  type AcknowledgementsObserver
} from './domain/acknowledgements.ts'
import type { DeliveryTotals } from './domain/delivery-book.ts'
import { readGauge } from './read-gauge.ts'

export interface DeliveryMetricsOptions {
  readonly registry: Registry
  readonly logger: Logger
  readonly totals: DeliveryTotals
  /** Acknowledged positions that are not kept yet. */
  readonly waiting: () => number
  /** Snapshots that are being sent, or wait for that. */
  readonly snapshots: () => number
}

/** What operators see of acknowledging, and of the ledger: it balances in every answer of `/metrics`, since all of its figures are read in one turn. */
export class DeliveryMetrics implements AcknowledgementsObserver {
  readonly #outage: Outage
  readonly #acknowledgements: Counter<'outcome'>
  readonly #failures: Counter

  constructor({ registry, logger, totals, waiting, snapshots }: DeliveryMetricsOptions) {
    const registers = [registry]
    const gauge = (name: string, help: string, read: () => number) => readGauge(registry, name, help, read)
    const total = (name: string, help: string, read: () => number) =>
      new Counter({
        name: `gateway_${name}`,
        help,
        registers,
        collect() {
          this.reset()
          this.inc(read())
        }
      })

    this.#outage = new Outage(logger, 'keeping acknowledged positions')
    this.#acknowledgements = new Counter({
      name: 'gateway_acknowledgements_total',
      help: 'Acknowledged positions: kept, of an epoch that is over, or lost since they could not be kept',
      labelNames: ['outcome'],
      registers
    })
    for (const outcome of ACKNOWLEDGEMENT_OUTCOMES) this.#acknowledgements.inc({ outcome }, 0)
    this.#failures = new Counter({
      name: 'gateway_acknowledgement_failures_total',
      help: 'Attempts to keep acknowledged positions that failed',
      registers
    })
    gauge('acknowledgements_waiting', 'Acknowledged positions that are not kept yet', waiting)
    gauge('snapshots', 'Snapshots that are being sent, or wait for that', snapshots)
    total('ledger_sent_total', 'Events sent to subscriptions with a name', () => totals.sent)
    total('ledger_acknowledged_total', 'Of those, acknowledged', () => totals.acknowledged)
    total('ledger_gap_signalled_total', 'Of those, not acknowledged when a gap was told', () => totals.gapSignalled)
    total('ledger_returned_total', 'Of those, not acknowledged when the subscription ended', () => totals.returned)
    gauge('ledger_in_flight', 'Of those, none of that yet', () => totals.inFlight)
  }

  settled(outcome: AcknowledgementOutcome, positions: number): void {
    this.#acknowledgements.inc({ outcome }, positions)
  }

  failed(error: unknown): void {
    this.#failures.inc()
    this.#outage.failed(error)
  }

  worked(): void {
    this.#outage.over()
  }
}
