import { Acknowledgements } from '../../src/domain/acknowledgements.ts'
import { DeliveryBook } from '../../src/domain/delivery-book.ts'
import type { History } from '../../src/domain/history.ts'
import { SnapshotDelivery } from '../../src/domain/snapshot-delivery.ts'
import type { Snapshots } from '../../src/domain/snapshots.ts'
import { noSnapshots } from '../../src/stores/no-snapshots.ts'
import { SimulatedPositions } from './simulated-positions.ts'

export interface Parts {
  readonly history: History
  /** Several gateways may have one. */
  readonly positions?: SimulatedPositions
  readonly snapshots?: Snapshots
  /** How long a client may take for a frame. Default: for ever. */
  readonly patience?: (abort: AbortSignal) => Promise<void>
}

/** What `Subscribing` needs for names and snapshots, with what a test looks at. */
export function acknowledgingParts({
  history,
  positions = new SimulatedPositions(),
  snapshots = noSnapshots,
  patience = forEver
}: Parts) {
  const settled = { kept: 0, outdated: 0, given_up: 0 }
  const failures: unknown[] = []
  const pauses: number[] = []
  const acknowledgements = new Acknowledgements({
    positions,
    history,
    observer: {
      settled: (outcome, count) => {
        settled[outcome] += count
      },
      failed: error => failures.push(error),
      worked: () => undefined
    },
    pause: async failures => {
      pauses.push(failures)
      await new Promise(resolve => setImmediate(resolve))
    },
    mayRecover: error => error !== positions.hopeless
  })
  const delivery = new SnapshotDelivery({ snapshots, observer: { failed: error => failures.push(error) }, patience })
  const book = new DeliveryBook()
  const parts = { acknowledgements, snapshots: delivery, book, anonymous: 'anonymous' }
  return { parts, positions, settled, failures, pauses, acknowledgements, book, delivery }
}

const forEver = (abort: AbortSignal): Promise<void> =>
  new Promise(resolve => abort.addEventListener('abort', () => resolve()))
