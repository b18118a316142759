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

/** Where a durable subscription resumes. */
export interface ResumePoint {
  readonly position: Position
  /** The client knows how far it came, and nothing of that epoch is stored. */
  readonly isLost: boolean
}

/**
 * A client may know a further position than is stored, as Redis may have lost it or gone back to an older
 * state. Within an epoch the further one counts. Of two epochs, a stored position of the log's present one is
 * the newer.
 *
 * @param known how far the client itself knows to have come
 * @param epoch of the log now
 * @returns undefined on a first visit: neither the server nor the client knows a position
 */
export function resumePointOf(
  stored: Position | undefined,
  known: Position | undefined,
  epoch: string
): ResumePoint | undefined {
  if (known === undefined) return stored && { position: stored, isLost: false }
  if (stored?.epoch === known.epoch) return { position: stored.offset < known.offset ? known : stored, isLost: false }
  if (stored?.epoch === epoch) return { position: stored, isLost: false }
  return { position: known, isLost: true }
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
