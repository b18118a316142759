import type { Position } from '@tickstock/contracts'

/** Positions of different epochs do not compare: each is beyond the other. */
export const isBeyond = (one: Position, other: Position): boolean =>
  one.epoch !== other.epoch || one.offset > other.offset
