import type { Channel, Position } from '@tickstock/contracts'

/** What a position is kept under, besides its user. */
export interface KeptName {
  readonly device: string
  /** What the client calls the subscription. */
  readonly name: string
  readonly channel: Channel
}

/** Everything up to `position` was taken care of. */
export interface Acknowledgement extends KeptName {
  readonly position: Position
}

export interface KeptPosition {
  readonly device: string
  readonly position: Position
  /** When it was kept, ms. */
  readonly at: number
}

/** The offset that is stored now: this one, or one further on of the same epoch. Else the epoch of what stays stored instead. */
export type Kept = { readonly offset: number } | { readonly epoch: string }

/** What users acknowledged, the same for all instances. Both reject while it does not answer. */
export interface AcknowledgedPositions {
  /** What the user's devices acknowledged under a name of a channel. */
  of(user: string, name: string, channel: Channel): Promise<readonly KeptPosition[]>

  /**
   * Keeps each, unless something further on is kept already.
   *
   * @param over for each the epoch that is known to be over, and may be replaced
   * @returns for each what became of it
   */
  keep(
    user: string,
    acknowledgements: readonly (Acknowledgement & { readonly over?: string | undefined })[]
  ): Promise<readonly Kept[]>
}

/** The one that leaves least to be sent: the furthest of the log's present epoch, else the newest. */
export function furthestOf(
  kept: readonly Pick<KeptPosition, 'position' | 'at'>[],
  epoch: string
): Position | undefined {
  const present = kept.filter(({ position }) => position.epoch === epoch)
  if (present.length > 0) return { epoch, offset: Math.max(...present.map(({ position }) => position.offset)) }
  return kept.toSorted((one, other) => other.at - one.at)[0]?.position
}
