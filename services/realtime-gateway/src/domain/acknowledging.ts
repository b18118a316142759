import { type Position, raise, type Subscribe } from '@tickstock/contracts'
import type { KeptName, ResumePoint } from './acknowledged-positions.ts'
import type { Acknowledgements } from './acknowledgements.ts'
import { AdvanceLedger } from './advance-ledger.ts'
import type { Asker } from './asker.ts'
import type { DeliveryBook } from './delivery-book.ts'
import type { Held, HeldSubscriptions } from './held-subscriptions.ts'
import type { LogWait } from './log-wait.ts'

export interface AcknowledgingOptions {
  readonly acknowledgements: Acknowledgements
  readonly book: DeliveryBook
  readonly logWait: LogWait
  /** The user that everybody is who is not known: nothing is kept for him. */
  readonly anonymous: string
}

/** What devices are called that do not say. */
const DEFAULT_DEVICE = 'default'

/** What a subscription with a name has besides: the place that it goes on from, and positions that its client acknowledges. */
export class Acknowledging {
  readonly #options: AcknowledgingOptions

  constructor(options: AcknowledgingOptions) {
    this.#options = options
  }

  /**
   * What is kept for a subscription; undefined where it has no name.
   *
   * @throws ProblemError `invalid_request` where it needs one, `unauthenticated` for a name that is nobody's
   */
  keptOf(asker: Asker, { id, name, channel, from }: Subscribe): Held['kept'] {
    const { user, device = DEFAULT_DEVICE } = asker
    const { acknowledgements, anonymous, book } = this.#options
    if (name === undefined) {
      if (from === 'acknowledged' || from === 'acknowledged_anywhere')
        raise('invalid_request', `subscribe.from: ${from} needs a name`)
      return undefined
    }
    if (user === anonymous) raise('unauthenticated', 'subscribe.name: nothing is kept for nobody')
    const under: KeptName = { device, name, channel }
    const reached = (position: Position) => acknowledgements.take(asker, id, { ...under, position })
    return { under, ledger: new AdvanceLedger(book.open(), reached) }
  }

  /**
   * The position that a subscription goes on after, if there is one.
   *
   * @throws ProblemError `log_unavailable` while nobody knows
   */
  async resume({ user }: Asker, { from, known }: Subscribe, { kept }: Held): Promise<ResumePoint | undefined> {
    if (typeof from === 'object') return { position: from, isLost: false }
    if (kept === undefined || from === 'now') return undefined
    const { acknowledgements, logWait } = this.#options
    const { under } = kept
    return logWait.ask(under.channel, () =>
      acknowledgements.find(user, under, { anywhere: from === 'acknowledged_anywhere', known })
    )
  }

  /**
   * Takes positions of a socket's subscriptions, of those too that have ended. What is of an epoch that is over counts for nothing.
   *
   * @throws ProblemError `invalid_request` for what cannot be acknowledged; the others are taken
   */
  acknowledge(asker: Asker, held: HeldSubscriptions, positions: Readonly<Record<string, Position>>): void {
    const refused = Object.entries(positions).flatMap(([id, position]) => {
      const why = this.#take(asker, held, id, position)
      return why === undefined ? [] : [`ack.positions.${id}: ${why}`]
    })
    if (refused.length > 0) raise('invalid_request', refused.join('; '))
  }

  #take(asker: Asker, held: HeldSubscriptions, id: string, position: Position): string | undefined {
    const { kept } = held.get(id) ?? {}
    const ended = held.ended(id)
    const under = kept?.under ?? ended?.under
    const subscription = asker.subscriber.subscriptions.get(id)
    const reached = subscription?.cursor ?? ended?.reached
    if (under === undefined || reached === undefined) return 'there is no subscription with a name under this id'
    const { acknowledgements } = this.#options
    if (position.epoch !== reached.epoch) {
      acknowledgements.disregard()
      return undefined
    }
    if (position.offset > reached.offset) {
      if (!subscription?.replaying || position.offset > subscription.state.top)
        return 'it lies beyond what was handed over'
      kept?.ledger.inAdvance(position)
    }
    // Of a position ahead of a replay, as much as the replay has come to counts now, the rest as it comes.
    const offset = Math.min(position.offset, reached.offset)
    kept?.ledger.acknowledged(offset)
    acknowledgements.take(asker, id, { ...under, position: { ...position, offset } })
    return undefined
  }
}
